#pragma once

#include <napi.h>

#include <memory>
#include <mutex>
#include <vector>

namespace mpathd {

/** The end of a job on another thread, for the JavaScript thread. */
class Completion {
 public:
  virtual ~Completion() = default;
  /** Runs on the JavaScript thread, in a handle scope. */
  virtual void Settle(Napi::Env env) = 0;
};

/**
 * The only way back from the pool's threads to an environment's JavaScript thread. This object outlives the
 * environment: if a hung call ends after the teardown, its thread can still post, without effect.
 */
class Completions : public std::enable_shared_from_this<Completions> {
 public:
  static std::shared_ptr<Completions> Open(Napi::Env env);

  /** JavaScript thread: one more completion will come; until then the event loop stays alive. */
  void Expect(Napi::Env env);
  /** JavaScript thread: takes back one Expect() whose completion will not come. */
  void Withdraw(Napi::Env env);
  /** Any thread. Never blocks on JavaScript. */
  void Post(std::shared_ptr<Completion> completion);

 private:
  static void OnWake(napi_env env, napi_value callback, void* context, void* data);
  static void OnTeardown(void* self);
  static void OnFinalize(napi_env env, void* self, void* hint);
  void Close();
  void SettleAll(Napi::Env env);

  std::mutex mutex_;
  napi_threadsafe_function wake_ = nullptr;
  bool waking_ = false;
  std::vector<std::shared_ptr<Completion>> done_;
  /** JavaScript thread only. */
  size_t expected_ = 0;
};

}  // namespace mpathd
