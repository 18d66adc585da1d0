#pragma once

#include <napi.h>

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "environment.h"
#include "errno_name.h"

namespace mpathd {

/** One call of RunOnPool that has not ended. */
template <class Result>
class PoolJob : public Completion {
 public:
  PoolJob(Napi::Env env, std::function<Result()> work, std::function<Napi::Value(Napi::Env, Result&)> to_js)
      : deferred_(Napi::Promise::Deferred::New(env)), work_(std::move(work)), to_js_(std::move(to_js)) {}

  Napi::Promise Promise() const { return deferred_.Promise(); }
  void Reject(Napi::Env env, const std::string& message) { deferred_.Reject(Napi::Error::New(env, message).Value()); }

  /** On a pool thread. */
  void Run() noexcept {
    try {
      result_.emplace(work_());
    } catch (const std::exception& error) {
      problem_ = error.what();
    } catch (...) {
      problem_ = "unknown exception";
    }
  }

  void Settle(Napi::Env env) override {
    if (!result_) return Reject(env, "the work pool's job failed: " + problem_);
    try {
      deferred_.Resolve(to_js_(env, *result_));
    } catch (const Napi::Error& error) {
      deferred_.Reject(error.Value());
    } catch (const std::exception& error) {
      Reject(env, error.what());
    }
  }

 private:
  Napi::Promise::Deferred deferred_;
  std::function<Result()> work_;
  std::function<Napi::Value(Napi::Env, Result&)> to_js_;
  std::optional<Result> result_;
  std::string problem_;
};

/**
 * Runs `work` on a thread of the lane. Then calls `to_js` with the result on the JavaScript thread, and resolves
 * with its value. `work` should not throw (it reports errnos in Result); a std::exception rejects the promise. Both
 * functions may capture plain data only and no Napi values, because they may be destroyed on any thread, or after the
 * environment.
 */
template <class Result>
Napi::Promise RunOnPool(Napi::Env env, std::function<Result()> work,
                        std::function<Napi::Value(Napi::Env, Result&)> to_js, Lane lane) {
  Environment& environment = Environment::Of(env);
  auto job = std::make_shared<PoolJob<Result>>(env, std::move(work), std::move(to_js));
  Napi::Promise promise = job->Promise();
  std::shared_ptr<Completions> completions = environment.completions();
  completions->Expect(env);
  int error = environment.lanes()[lane].Submit([job, completions]() {
    job->Run();
    completions->Post(job);
  });
  if (error != 0) {
    completions->Withdraw(env);
    job->Reject(env, std::string("the work pool has no thread: ") + ErrnoName(error));
  }
  return promise;
}

}  // namespace mpathd
