// SPDX-License-Identifier: Apache-2.0
#include "catalog/kairos/attach.h"

#include "catalog/kairos/kairos_catalog.h"
#include "kernel/foreign_catalogs.h"

namespace sluice::catalog::kairos {

Attachment::~Attachment() {
  kernel::detach_catalog(host_, kCatalogName);
  metrics_->close();
}

Result<std::unique_ptr<Attachment>> attach(kernel::Host& host, timeseries::Store& store, CatalogOptions options) {
  auto metrics = std::make_shared<Metrics>(store, std::move(options));
  kernel::ForeignCatalog catalog;
  catalog.name = kCatalogName;
  catalog.type = "kairos";
  catalog.comment = "Metrics of the time-series store, each a table";
  catalog.databases = {kSchemaName};
  catalog.tables = [metrics](const std::string&) { return metrics->names(); };
  catalog.attach = [metrics](duckdb::ClientContext& context) { attach_to_instance(context, metrics); };
  TRY(kernel::attach_catalog(host, std::move(catalog)));
  return std::unique_ptr<Attachment>(new Attachment(host, std::move(metrics)));
}

}  // namespace sluice::catalog::kairos
