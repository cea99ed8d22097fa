// Functions to probe, and counters that probes raise.
// Semaphores live in a section of their own, as those of USDT do.
unsigned short target_counter __attribute__((section(".probes"))) = 0;

__attribute__((noinline)) int target_add(int a, int b)
{
	__asm__ volatile("" ::: "memory");
	return a + b;
}

__attribute__((noinline)) int target_twice(int a)
{
	__asm__ volatile("" ::: "memory");
	return 2 * a;
}

__attribute__((noinline)) int target_three(int a)
{
	__asm__ volatile("" ::: "memory");
	return 3 * a;
}

unsigned short target_counter_value(void)
{
	return *(volatile unsigned short *)&target_counter;
}
