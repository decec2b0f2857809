// Work in a process of its own.
#pragma once

#include <functional>
#include <string>

namespace octet::bench {

/// What `work` returns, computed in a copy of this process, which ends with it: no memory that it
/// touched stays with this one. Throws Error with the message of what `work` threw, or if the copy
/// was killed. To be called before this process starts threads.
std::string in_child(const std::function<std::string()>& work);

}  // namespace octet::bench
