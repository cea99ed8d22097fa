/* Infrared receivers: kernels without them refuse the type. */
#include "corpus.h"

SEC("lirc_mode2")
int receive(unsigned int *sample)
{
	return *sample != 0;
}

GPL;
