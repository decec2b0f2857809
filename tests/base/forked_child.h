// Runs something in a child process that has its parent's memory and none of its threads.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

namespace octet::test {

/// What f() returns in the child (0 to 127); -1 if it did not come back within 20 seconds. Where f
/// allocates and there are threads, not under the address sanitizer.
template <class F>
int in_child(const F& f) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);
    _exit(f());
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace octet::test
