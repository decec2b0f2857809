#include "apps/bench/child.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <exception>

#include "base/error.h"

namespace octet::bench {
namespace {

void write_all(int fd, const std::string& text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const ssize_t n = ::write(fd, text.data() + at, text.size() - at);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return;
    at += static_cast<std::size_t>(n);
  }
}

std::string read_all(int fd) {
  std::string text;
  char buffer[4096];
  for (;;) {
    const ssize_t n = ::read(fd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return text;
    text.append(buffer, static_cast<std::size_t>(n));
  }
}

}  // namespace

std::string in_child(const std::function<std::string()>& work) {
  int ends[2];
  OCTET_CHECK(::pipe(ends) == 0, "cannot make a pipe: ", std::strerror(errno));
  const pid_t child = ::fork();
  OCTET_CHECK(child >= 0, "cannot start a process: ", std::strerror(errno));
  if (child == 0) {
    ::close(ends[0]);
    int code = 0;
    std::string text;
    try {
      text = work();
    } catch (const std::exception& e) {
      code = 1;
      text = e.what();
    }
    write_all(ends[1], text);
    ::_exit(code);
  }
  ::close(ends[1]);
  const std::string text = read_all(ends[0]);
  ::close(ends[0]);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  OCTET_CHECK(WIFEXITED(status), "the check of the step was ended by signal ", WTERMSIG(status));
  if (WEXITSTATUS(status) != 0) fail(text);
  return text;
}

}  // namespace octet::bench
