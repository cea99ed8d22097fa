// Reads /dev/urandom COUNT times, to be seen doing so: `read_urandom [COUNT]`.
// Linked statically, so that the program itself, not a library, is on top of the stack that the kernel walks.
// flags: -static -no-pie -fno-omit-frame-pointer
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static char buffer[256];

static __attribute__((noinline)) int read_once(int fd)
{
	return read(fd, buffer, sizeof(buffer)) == sizeof(buffer);
}

int main(int argc, char **argv)
{
	int fd = open("/dev/urandom", O_RDONLY);
	int count = argc > 1 ? atoi(argv[1]) : 4;

	if (fd < 0)
		return 1;
	for (int i = 0; i < count; i++)
		if (!read_once(fd))
			return 2;
	return 0;
}
