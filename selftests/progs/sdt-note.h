/* SPDX-License-Identifier: GPL-2.0 */
/*
 * USDT probes without systemtap's sys/sdt.h: a nop, and a note in .note.stapsdt that says where it is and where its arguments are.
 * See systemtap's UserSpaceProbeImplementation. Arguments have one description each: SDT_ARG(size as text, value).
 */
#ifndef SDT_NOTE_H
#define SDT_NOTE_H

#define SDT_STRING_(x) #x
#define SDT_STRING(x) SDT_STRING_(x)

#define SDT_NOTE(provider, name, semaphore, args, ...)                                         \
	__asm__ __volatile__("990: nop\n"                                                        \
			     ".pushsection .note.stapsdt,\"\",\"note\"\n"                          \
			     ".balign 4\n"                                                        \
			     ".4byte 992f-991f, 994f-993f, 3\n"                                   \
			     "991: .asciz \"stapsdt\"\n"                                           \
			     "992: .balign 4\n"                                                   \
			     "993: .8byte 990b, _.stapsdt.base, " semaphore "\n"                   \
			     ".asciz \"" #provider "\"\n"                                          \
			     ".asciz \"" #name "\"\n"                                              \
			     ".asciz \"" args "\"\n"                                               \
			     "994: .balign 4\n"                                                   \
			     ".popsection\n"                                                      \
			     ".ifndef _.stapsdt.base\n"                                           \
			     ".pushsection .stapsdt.base,\"aG\",\"progbits\",.stapsdt.base,comdat\n" \
			     ".weak _.stapsdt.base\n"                                             \
			     ".hidden _.stapsdt.base\n"                                           \
			     "_.stapsdt.base: .space 1\n"                                         \
			     ".size _.stapsdt.base, 1\n"                                          \
			     ".popsection\n"                                                      \
			     ".endif\n" ::__VA_ARGS__)

#endif
