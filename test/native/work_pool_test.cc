// sources: native/work_pool.cc
#include "work_pool.h"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "check.h"

using mpathd::WorkPool;
using std::chrono::milliseconds;

namespace {

/** Counts up, and lets others wait for a count. */
class Counter {
 public:
  void Add() {
    std::lock_guard<std::mutex> lock(mutex_);
    ++count_;
    changed_.notify_all();
  }
  bool Reaches(int wanted) {
    std::unique_lock<std::mutex> lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return count_ >= wanted; });
  }
  int count() {
    std::lock_guard<std::mutex> lock(mutex_);
    return count_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int count_ = 0;
};

struct Shared {
  Counter started, gate, finished;
};

std::function<void()> HangUntilGate(const std::shared_ptr<Shared>& shared) {
  return [shared] {
    shared->started.Add();
    shared->gate.Reaches(1);
    shared->finished.Add();
  };
}

bool Eventually(const std::function<bool()>& condition) {
  for (int i = 0; i < 2000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(milliseconds(10));
  }
  return false;
}

}  // namespace

TEST(makes_no_thread_before_the_first_job) {
  WorkPool pool(4, milliseconds(1000));
  CHECK_EQ(pool.Describe().threads, 0u);
  CHECK_EQ(pool.Describe().limit, 4u);
}

TEST(runs_every_job_once) {
  auto shared = std::make_shared<Shared>();
  WorkPool pool(3, milliseconds(1000));
  for (int i = 0; i < 200; ++i) CHECK_EQ(pool.Submit([shared] { shared->finished.Add(); }), 0);
  CHECK(shared->finished.Reaches(200));
  CHECK(Eventually([&] { return pool.Describe().busy == 0; }));
  CHECK_EQ(shared->finished.count(), 200);
  CHECK(pool.Describe().threads <= 3);
}

TEST(grows_past_jobs_that_hang) {
  auto shared = std::make_shared<Shared>();
  auto quick = std::make_shared<Shared>();
  WorkPool pool(8, milliseconds(1000));
  for (int i = 0; i < 7; ++i) pool.Submit(HangUntilGate(shared));
  CHECK(shared->started.Reaches(7));
  pool.Submit([quick] { quick->finished.Add(); });
  CHECK(quick->finished.Reaches(1));
  CHECK_EQ(shared->finished.count(), 0);
  shared->gate.Add();
  CHECK(shared->finished.Reaches(7));
}

TEST(queues_beyond_the_limit_and_catches_up) {
  auto shared = std::make_shared<Shared>();
  WorkPool pool(2, milliseconds(1000));
  for (int i = 0; i < 5; ++i) pool.Submit(HangUntilGate(shared));
  CHECK(shared->started.Reaches(2));
  WorkPool::Info info = pool.Describe();
  CHECK_EQ(info.threads, 2u);
  CHECK_EQ(info.busy, 2u);
  CHECK_EQ(info.queued, 3u);
  shared->gate.Add();
  CHECK(shared->finished.Reaches(5));
}

TEST(retires_idle_threads_and_makes_new_ones) {
  auto shared = std::make_shared<Shared>();
  WorkPool pool(4, milliseconds(20));
  pool.Submit([shared] { shared->finished.Add(); });
  CHECK(Eventually([&] { return pool.Describe().threads == 0; }));
  pool.Submit([shared] { shared->finished.Add(); });
  CHECK(shared->finished.Reaches(2));
}

TEST(goes_away_while_a_job_hangs_and_drops_what_is_queued) {
  auto shared = std::make_shared<Shared>();
  {
    WorkPool pool(1, milliseconds(1000));
    pool.Submit(HangUntilGate(shared));
    CHECK(shared->started.Reaches(1));
    pool.Submit(HangUntilGate(shared));
  }
  shared->gate.Add();
  CHECK(shared->finished.Reaches(1));
  // The thread's own reference to the job goes after the job has finished.
  CHECK(Eventually([&] { return shared.use_count() == 1; }));
  CHECK_EQ(shared->started.count(), 1);
}

TEST(counts_what_waits_for_a_thread_and_how_old_the_oldest_job_is) {
  auto shared = std::make_shared<Shared>();
  WorkPool pool(2, milliseconds(1000));
  CHECK_EQ(pool.Describe().oldest.count(), 0);
  for (int i = 0; i < 5; ++i) pool.Submit(HangUntilGate(shared));
  CHECK(shared->started.Reaches(2));
  CHECK_EQ(pool.Describe().waited, 3u);
  CHECK(Eventually([&] { return pool.Describe().oldest >= milliseconds(20); }));
  shared->gate.Add();
  CHECK(shared->finished.Reaches(5));
  CHECK(Eventually([&] { return pool.Describe().busy == 0; }));
  CHECK_EQ(pool.Describe().oldest.count(), 0);
  CHECK_EQ(pool.Describe().waited, 3u);
}

TEST(hundreds_of_jobs_that_hang_leave_the_next_one_its_thread) {
  auto shared = std::make_shared<Shared>();
  auto quick = std::make_shared<Shared>();
  WorkPool pool(512, milliseconds(1000));
  for (int i = 0; i < 200; ++i) CHECK_EQ(pool.Submit(HangUntilGate(shared)), 0);
  CHECK(shared->started.Reaches(200));
  pool.Submit([quick] { quick->finished.Add(); });
  CHECK(quick->finished.Reaches(1));
  CHECK_EQ(pool.Describe().waited, 0u);
  CHECK_EQ(pool.Describe().refused, 0u);
  shared->gate.Add();
  CHECK(shared->finished.Reaches(200));
}
