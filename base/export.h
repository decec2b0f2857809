// What a shared library of the runtime exports; everything else is hidden.
#pragma once

#define OCTET_API __attribute__((visibility("default")))
