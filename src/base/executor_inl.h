// SPDX-License-Identifier: Apache-2.0
// The templates of executor.h; include that. A RunOn lives in the frame of the run_on() coroutine: the job, its
// result, the waiting coroutine's handler and the memory of the resumption are all in it, so nothing is allocated.
#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstddef>
#include <exception>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/executor.h"

namespace sluice {

template <typename F>
bool WorkerPool::submit(F function) {
  struct Owned : WorkerJob {
    explicit Owned(F&& f) : function(std::move(f)) {}
    F function;
  };
  auto job = std::make_unique<Owned>(std::move(function));
  job->run = [](WorkerJob* self) noexcept {
    std::unique_ptr<Owned> owned(static_cast<Owned*>(self));
    owned->function();
  };
  if (!submit(static_cast<WorkerJob&>(*job))) return false;
  job.release();
  return true;
}

namespace detail {

template <typename T>
struct AsResult {
  using Type = Result<T>;
};
template <typename T>
struct AsResult<Result<T>> {
  using Type = Result<T>;
};

Error job_refused();
Error job_threw(std::exception_ptr exception);

// Memory for the one operation that asio makes to resume the coroutine. Asio frees it before it calls the handler.
struct ResumptionMemory {
  static constexpr size_t kBytes = 256;
  alignas(std::max_align_t) std::byte bytes[kBytes];
};
template <typename T>
struct ResumptionAllocator {
  using value_type = T;
  explicit ResumptionAllocator(ResumptionMemory* memory) : memory(memory) {}
  template <typename U>
  ResumptionAllocator(const ResumptionAllocator<U>& other) : memory(other.memory) {}
  T* allocate(size_t n) {
    if (n * sizeof(T) <= ResumptionMemory::kBytes) return reinterpret_cast<T*>(memory->bytes);
    return static_cast<T*>(::operator new(n * sizeof(T)));
  }
  void deallocate(T* pointer, size_t) {
    if (reinterpret_cast<std::byte*>(pointer) != memory->bytes) ::operator delete(pointer);
  }
  template <typename U>
  bool operator==(const ResumptionAllocator<U>& other) const {
    return memory == other.memory;
  }
  ResumptionMemory* memory;
};

template <typename F>
struct RunOn : WorkerJob {
  using Value = typename AsResult<std::invoke_result_t<F&>>::Type;
  using Awaitable = awaitable<Value>;
  using Handler = typename asio::async_result<asio::use_awaitable_t<>, void()>::handler_type;

  RunOn(F& function, asio::any_io_executor executor) : function(function), executor(std::move(executor)) {
    WorkerJob::run = [](WorkerJob* self) noexcept {
      auto* job = static_cast<RunOn*>(self);
      job->call();
      job->resume();
    };
  }

  void call() noexcept {
    try {
      if constexpr (std::is_void_v<std::invoke_result_t<F&>>) {
        function();
        value.emplace();
      } else {
        value.emplace(function());
      }
    } catch (...) {
      value.emplace(fail(job_threw(std::current_exception())));
    }
  }

  // The frame that holds this object may be gone as soon as the resumption is posted.
  void resume() noexcept {
    auto continue_coroutine = [this] {
      Handler waiting = std::move(*handler);
      handler.reset();
      std::move(waiting)();
    };
    if (auto* context = executor.template target<asio::io_context::executor_type>()) {
      auto poster = asio::prefer(asio::require(*context, asio::execution::blocking.never),
                                 asio::execution::allocator(ResumptionAllocator<void>(&memory)));
      poster.execute(std::move(continue_coroutine));
    } else {
      asio::any_io_executor poster = executor;
      asio::post(poster, std::move(continue_coroutine));
    }
  }

  F& function;
  asio::any_io_executor executor;
  std::optional<Handler> handler;
  std::optional<Value> value;
  ResumptionMemory memory;
};

}  // namespace detail

template <typename F>
typename detail::RunOn<F>::Awaitable run_on(WorkerPool& pool, F function) {
  detail::RunOn<F> job(function, co_await asio::this_coro::executor);
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(
      [&](auto handler) {
        job.handler.emplace(std::move(handler));
        if (!pool.submit(static_cast<WorkerJob&>(job))) {
          job.value.emplace(fail(detail::job_refused()));
          job.resume();
        }
      },
      asio::use_awaitable);
  co_return std::move(*job.value);
}

}  // namespace sluice
