#include "completions.h"

#include <utility>

namespace mpathd {

std::shared_ptr<Completions> Completions::Open(Napi::Env env) {
  auto channel = std::make_shared<Completions>();
  // OnFinalize frees it. Node always calls OnFinalize, at the latest in the teardown.
  auto* held = new std::shared_ptr<Completions>(channel);
  napi_status status =
      napi_create_threadsafe_function(env, nullptr, nullptr, Napi::String::New(env, "mpathd.completions"), 0, 1, held,
                                      OnFinalize, held, OnWake, &channel->wake_);
  if (status != napi_ok) {
    delete held;
    throw Napi::Error::New(env, "cannot make the channel from the work pool to JavaScript");
  }
  napi_unref_threadsafe_function(env, channel->wake_);
  // Hooks run last in, first out: this hook runs before Node's own, which frees the function.
  napi_add_env_cleanup_hook(env, OnTeardown, channel.get());
  return channel;
}

void Completions::Expect(Napi::Env env) {
  if (expected_++ == 0 && wake_ != nullptr) napi_ref_threadsafe_function(env, wake_);
}

void Completions::Withdraw(Napi::Env env) {
  if (--expected_ == 0 && wake_ != nullptr) napi_unref_threadsafe_function(env, wake_);
}

void Completions::Post(std::shared_ptr<Completion> completion) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (wake_ == nullptr) return;
  done_.push_back(std::move(completion));
  if (waking_) return;
  waking_ = napi_call_threadsafe_function(wake_, nullptr, napi_tsfn_nonblocking) == napi_ok;
}

void Completions::OnWake(napi_env env, napi_value, void* context, void*) {
  if (env == nullptr) return;
  std::shared_ptr<Completions> self = *static_cast<std::shared_ptr<Completions>*>(context);
  self->SettleAll(Napi::Env(env));
}

void Completions::SettleAll(Napi::Env env) {
  std::vector<std::shared_ptr<Completion>> done;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    waking_ = false;
    done.swap(done_);
  }
  for (const auto& completion : done) {
    // An exception must not reach libuv, which calls this function: it would end the process.
    try {
      Napi::HandleScope scope(env);
      completion->Settle(env);
    } catch (...) {
      // This is possible only while the environment ends, and then no code is left that could handle it.
    }
    Withdraw(env);
  }
}

void Completions::OnTeardown(void* self) { static_cast<Completions*>(self)->Close(); }

void Completions::OnFinalize(napi_env, void* held, void*) {
  auto* channel = static_cast<std::shared_ptr<Completions>*>(held);
  (*channel)->Close();
  delete channel;
}

void Completions::Close() {
  std::lock_guard<std::mutex> lock(mutex_);
  wake_ = nullptr;
  done_.clear();
}

}  // namespace mpathd
