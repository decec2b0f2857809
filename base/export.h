// What a shared library of the runtime exports; everything else is hidden.
#pragma once

/// On a class or function that the shared library exports.
#define OCTET_API __attribute__((visibility("default")))
