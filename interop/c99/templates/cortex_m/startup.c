/* From reset to main, and out again by semihosting. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

extern uint32_t data_load[], data_begin[], data_end[], bss_begin[], bss_end[];
extern void initialise_monitor_handles(void);
extern void stack_top(void); /* an address, that the linker script gives */
extern int main(void);

void reset(void);
void fault(void);
void _init(void);
void _fini(void);

/* The C library calls them around main; there is nothing to do. */
void _init(void) {}
void _fini(void) {}

void fault(void) {
  abort();
}

void reset(void) {
#if defined(__ARM_FP) || defined(__ARM_FEATURE_MVE)
  volatile uint32_t* const coprocessors = (volatile uint32_t*)0xE000ED88;
  *coprocessors |= (uint32_t)0xF << 20; /* floats and vectors on */
  __asm__ volatile("dsb\n isb" ::: "memory");
#endif
  memcpy(data_begin, data_load, (size_t)((char*)data_end - (char*)data_begin));
  memset(bss_begin, 0, (size_t)((char*)bss_end - (char*)bss_begin));
  initialise_monitor_handles();
  exit(main());
}

/* Stack, reset, then 14 exceptions that do not happen. */
__attribute__((section(".vectors"), used)) static void (*const vectors[])(void) = {
    stack_top, reset, fault, fault, fault, fault, fault, fault,
    fault,     fault, fault, fault, fault, fault, fault, fault};
