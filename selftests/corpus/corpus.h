/* What every program of the corpus includes. */
#ifndef __CORPUS_H
#define __CORPUS_H

/* The programs declare their kernel functions themselves. */
#define BPF_NO_KFUNC_PROTOTYPES
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define LICENSE(text) char LICENSE[] SEC("license") = text
#define GPL LICENSE("GPL")

#ifndef __hidden
#define __hidden __attribute__((visibility("hidden")))
#endif
#ifndef __weak
#define __weak __attribute__((weak))
#endif
#ifndef __ksym
#define __ksym __attribute__((section(".ksyms")))
#endif
#endif
