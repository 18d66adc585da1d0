#include "work_pool.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>

#include <condition_variable>
#include <deque>
#include <list>
#include <mutex>
#include <utility>

namespace mpathd {

namespace {
using Clock = std::chrono::steady_clock;

// Jobs keep their buffers on the heap. The default stack of 8 MiB for each of thousands of threads would exhaust the
// address space of a host that does not overcommit, and a small stack shows a runaway job at once.
constexpr size_t kStackBytes = 256 * 1024;
}  // namespace

struct WorkPool::State {
  State(size_t most, std::chrono::milliseconds rest) : limit(most), idle_time(rest) {}

  const size_t limit;
  const std::chrono::milliseconds idle_time;
  std::mutex mutex;
  std::condition_variable wake;
  std::deque<std::function<void()>> queue;
  size_t threads = 0;
  size_t idle = 0;
  uint64_t waited = 0;
  uint64_t refused = 0;
  int refusal = 0;
  /** When each running job began, the oldest first. */
  std::list<Clock::time_point> running;
  bool closing = false;
};

WorkPool::WorkPool(size_t limit, std::chrono::milliseconds idle) : state_(std::make_shared<State>(limit, idle)) {}

WorkPool::~WorkPool() {
  std::deque<std::function<void()>> dropped;
  {
    std::lock_guard<std::mutex> lock(state_->mutex);
    state_->closing = true;
    dropped.swap(state_->queue);
  }
  state_->wake.notify_all();
}

int WorkPool::Submit(std::function<void()> job) {
  std::lock_guard<std::mutex> lock(state_->mutex);
  if (state_->queue.size() >= state_->idle) {
    int error = state_->threads < state_->limit ? StartThread(state_) : EAGAIN;
    if (error != 0 && state_->threads == 0) return error;
    if (error != 0) ++state_->waited;
  }
  state_->queue.push_back(std::move(job));
  state_->wake.notify_one();
  return 0;
}

WorkPool::Info WorkPool::Describe() const {
  std::lock_guard<std::mutex> lock(state_->mutex);
  const auto age = state_->running.empty() ? Clock::duration::zero() : Clock::now() - state_->running.front();
  return {state_->threads,      state_->threads - state_->idle,
          state_->queue.size(), state_->limit,
          state_->waited,       state_->refused,
          state_->refusal,      std::chrono::duration_cast<std::chrono::milliseconds>(age)};
}

int WorkPool::StartThread(const std::shared_ptr<State>& state) {
  pthread_attr_t attributes;
  int error = pthread_attr_init(&attributes);
  if (error != 0) return error;
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, kStackBytes);

  // Signals belong to Node's threads: the new thread inherits a full mask.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  auto* argument = new std::shared_ptr<State>(state);
  pthread_t thread;
  error = pthread_create(&thread, &attributes, ThreadMain, argument);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_attr_destroy(&attributes);

  if (error != 0) {
    delete argument;
    ++state->refused;
    state->refusal = error;
    return error;
  }
  pthread_setname_np(thread, "mpathd-work");
  ++state->threads;
  return 0;
}

void* WorkPool::ThreadMain(void* argument) {
  std::unique_ptr<std::shared_ptr<State>> state(static_cast<std::shared_ptr<State>*>(argument));
  Serve(**state);
  return nullptr;
}

void WorkPool::Serve(State& state) {
  std::unique_lock<std::mutex> lock(state.mutex);
  while (!state.closing) {
    if (state.queue.empty()) {
      ++state.idle;
      bool called = state.wake.wait_for(lock, state.idle_time, [&] { return state.closing || !state.queue.empty(); });
      --state.idle;
      if (!called) break;
      continue;
    }
    std::function<void()> job = std::move(state.queue.front());
    state.queue.pop_front();
    const auto begun = state.running.insert(state.running.end(), Clock::now());
    lock.unlock();
    job();
    job = nullptr;
    lock.lock();
    state.running.erase(begun);
  }
  --state.threads;
}

}  // namespace mpathd
