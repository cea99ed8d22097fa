// SPDX-License-Identifier: GPL-2.0
// Two tables of one name, of which the kernel takes one.
#include "struct_ops.h"

SEC(".struct_ops")
struct tcp_congestion_ops counting = {
	.init = (void *)count_init,
	.ssthresh = (void *)ssthresh,
	.undo_cwnd = (void *)undo_cwnd,
	.cong_avoid = (void *)count_acks,
	.name = "bpf_counting",
};

SEC(".struct_ops")
struct tcp_congestion_ops twin = {
	.init = (void *)count_init,
	.ssthresh = (void *)ssthresh,
	.undo_cwnd = (void *)undo_cwnd,
	.cong_avoid = (void *)count_other_acks,
	.name = "bpf_counting",
};
