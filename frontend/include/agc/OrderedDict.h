//===- OrderedDict.h - Named things in order of insertion -----------------===//
#ifndef AGC_ORDEREDDICT_H
#define AGC_ORDEREDDICT_H

#include <agc/Types.h>

#include <string>
#include <utility>
#include <vector>

namespace agc {

/// A key together with the line it was written on.
template <typename Key> class KeyArg {
public:
  template <typename K>
    requires std::is_convertible_v<const K &, Key>
  KeyArg(const K &key, Loc loc = Loc::current()) : key(key), loc(loc) {}
  Key key;
  Loc loc;
};

template <typename Key, typename Value> class OrderedDict {
public:
  class Item {
  public:
    Item(Key key, Value value) : entry(std::move(key), std::move(value)) {}
    const Key &key() const { return entry.first; }
    Value &value() { return entry.second; }
    const Value &value() const { return entry.second; }
    const std::pair<Key, Value> &pair() const { return entry; }
    Value &operator*() { return entry.second; }
    const Value &operator*() const { return entry.second; }
    Value *operator->() { return &entry.second; }
    const Value *operator->() const { return &entry.second; }

  private:
    std::pair<Key, Value> entry;
  };

  OrderedDict() = default;
  OrderedDict(std::initializer_list<Item> items) : list(items) {}

  size_t size() const { return list.size(); }
  bool is_empty() const { return list.empty(); }
  auto begin() { return list.begin(); }
  auto end() { return list.end(); }
  auto begin() const { return list.begin(); }
  auto end() const { return list.end(); }
  const std::vector<Item> &items() const { return list; }
  Item &front() { return list.front(); }
  Item &back() { return list.back(); }

  Value *find(const Key &key) {
    for (Item &item : list)
      if (item.key() == key)
        return &item.value();
    return nullptr;
  }
  const Value *find(const Key &key) const {
    return const_cast<OrderedDict *>(this)->find(key);
  }
  bool contains(const Key &key) const { return find(key) != nullptr; }
  /// Errors: AGC0117, no such key.
  Value &operator[](KeyArg<Key> arg) {
    if (Value *value = find(arg.key))
      return *value;
    detail::failAt("AGC0117", "there is nothing named '" + std::string(arg.key) + "'", arg.loc);
  }
  const Value &operator[](KeyArg<Key> arg) const {
    return (*const_cast<OrderedDict *>(this))[std::move(arg)];
  }
  Item &operator[](size_t index) { return list[index]; }
  const Item &operator[](size_t index) const { return list[index]; }

  /// Errors: AGC0117, the key is there already.
  Value &insert(Key key, Value value, Loc loc = Loc::current()) {
    if (contains(key))
      detail::failAt("AGC0117", "there is already something named '" + std::string(key) + "'", loc);
    list.emplace_back(std::move(key), std::move(value));
    return list.back().value();
  }

  /// Errors: AGC0117, no such key.
  void erase(KeyArg<Key> arg) {
    (*this)[arg]; // an error if it is not there
    list.erase(list.begin() + position(arg.key));
  }
  void clear() { list.clear(); }
  void reserve(size_t n) { list.reserve(n); }
  /// Inserts all of \p other's. Errors: AGC0117, a key that is there already.
  void update(const OrderedDict &other, Loc loc = Loc::current()) {
    for (const Item &item : other)
      insert(item.key(), item.value(), loc);
  }

  std::vector<Key> keys() const {
    std::vector<Key> result;
    for (const Item &item : list)
      result.push_back(item.key());
    return result;
  }
  std::vector<Value> values() const {
    std::vector<Value> result;
    for (const Item &item : list)
      result.push_back(item.value());
    return result;
  }
  std::vector<std::pair<Key, Value>> pairs() const {
    std::vector<std::pair<Key, Value>> result;
    for (const Item &item : list)
      result.push_back(item.pair());
    return result;
  }

private:
  std::ptrdiff_t position(const Key &key) const {
    std::ptrdiff_t i = 0;
    while (!(list[size_t(i)].key() == key))
      ++i;
    return i;
  }
  std::vector<Item> list;
};

} // namespace agc

#endif
