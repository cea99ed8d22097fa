// SPDX-License-Identifier: GPL-2.0
// The same, for links: one table can take the place of the other.
#include "struct_ops.h"

SEC(".struct_ops.link")
struct tcp_congestion_ops counting = {
	.init = (void *)count_init,
	.ssthresh = (void *)ssthresh,
	.undo_cwnd = (void *)undo_cwnd,
	.cong_avoid = (void *)count_acks,
	.name = "bpf_linked",
};

SEC(".struct_ops.link")
struct tcp_congestion_ops twin = {
	.init = (void *)count_init,
	.ssthresh = (void *)ssthresh,
	.undo_cwnd = (void *)undo_cwnd,
	.cong_avoid = (void *)count_other_acks,
	.name = "bpf_linked",
};
