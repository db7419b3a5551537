// SPDX-License-Identifier: Apache-2.0
#include "server/version.h"

#include <openssl/crypto.h>
#include <boost/version.hpp>

#include "pch/pch.h"

#ifndef SLUICE_VERSION
#error "SLUICE_VERSION is defined by CMakeLists.txt"
#endif

namespace sluice::server {

std::string_view version() { return SLUICE_VERSION; }

std::string version_details() {
  std::string out = "sluice " SLUICE_VERSION "\n";
  out += "kernel    DuckDB " + std::string(duckdb::DuckDB::LibraryVersion()) + "\n";
  out += "compiler  " __VERSION__ "\n";
  out += "network   Boost.Asio of Boost " + std::to_string(BOOST_VERSION / 100000) + "." +
         std::to_string(BOOST_VERSION / 100 % 1000) + "\n";
  out += std::string("tls       ") + OpenSSL_version(OPENSSL_VERSION) + "\n";
#ifdef SLUICE_SANITIZED
  out += "build     with sanitizers\n";
#endif
  return out;
}

}  // namespace sluice::server
