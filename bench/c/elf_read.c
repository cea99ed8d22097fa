// elf_read FILE ROUNDS: opens an ELF file in memory with libelf, reads every section header with its name and every symbol with
// its name. Prints nanoseconds a round.

#include <fcntl.h>
#include <gelf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

static uint64_t walk(char *image, size_t size)
{
	uint64_t sum = 0;
	Elf *elf = elf_memory(image, size);
	Elf_Scn *section = NULL;
	size_t names;

	if (elf == NULL || elf_getshdrstrndx(elf, &names) != 0)
		exit(1);
	while ((section = elf_nextscn(elf, section)) != NULL) {
		GElf_Shdr header;
		const char *name;

		gelf_getshdr(section, &header);
		name = elf_strptr(elf, names, header.sh_name);
		sum += header.sh_size + (name != NULL && name[0] != 0);
		if (header.sh_type != SHT_SYMTAB && header.sh_type != SHT_DYNSYM)
			continue;
		Elf_Data *data = elf_getdata(section, NULL);
		size_t count = header.sh_size / header.sh_entsize;
		for (size_t i = 0; i < count; i++) {
			GElf_Sym symbol;

			gelf_getsym(data, (int)i, &symbol);
			name = elf_strptr(elf, header.sh_link, symbol.st_name);
			for (; name != NULL && *name != 0; name++)
				sum += (unsigned char)*name;
			sum += symbol.st_value;
		}
	}
	elf_end(elf);
	return sum;
}

int main(int argc, char **argv)
{
	struct timespec start, end;
	struct stat stat;
	volatile uint64_t sum = 0;
	int fd, rounds;
	char *image;

	if (argc != 3 || elf_version(EV_CURRENT) == EV_NONE)
		return 2;
	fd = open(argv[1], O_RDONLY);
	rounds = atoi(argv[2]);
	if (fd < 0 || fstat(fd, &stat) != 0)
		return 1;
	image = mmap(NULL, stat.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	if (image == MAP_FAILED)
		return 1;
	for (int i = 0; i < 3; i++)
		sum += walk(image, stat.st_size);
	clock_gettime(CLOCK_MONOTONIC, &start);
	for (int i = 0; i < rounds; i++)
		sum += walk(image, stat.st_size);
	clock_gettime(CLOCK_MONOTONIC, &end);
	printf("%.0f\n", ((end.tv_sec - start.tv_sec) * 1e9 + (end.tv_nsec - start.tv_nsec)) / rounds);
	return 0;
}
