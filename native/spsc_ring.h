#pragma once

#include <array>
#include <atomic>
#include <cstddef>

namespace mpathd {

/** A bounded queue from one thread to one other, without locks. */
template <class Item, size_t kCapacity>
class SpscRing {
 public:
  /** Producer. False if it is full. */
  bool Push(const Item& item) {
    const size_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - head_.load(std::memory_order_acquire) == kCapacity) return false;
    items_[tail % kCapacity] = item;
    tail_.store(tail + 1, std::memory_order_release);
    return true;
  }

  /** Consumer. False if it is empty. */
  bool Pop(Item* item) {
    const size_t head = head_.load(std::memory_order_relaxed);
    if (head == tail_.load(std::memory_order_acquire)) return false;
    *item = items_[head % kCapacity];
    head_.store(head + 1, std::memory_order_release);
    return true;
  }

  /** Consumer: how many can be popped now. */
  size_t Waiting() const { return tail_.load(std::memory_order_acquire) - head_.load(std::memory_order_relaxed); }

 private:
  std::array<Item, kCapacity> items_{};
  std::atomic<size_t> head_{0};
  std::atomic<size_t> tail_{0};
};

}  // namespace mpathd
