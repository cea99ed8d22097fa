/** The error that a call throws, to look at. */

import { BtfError } from '@libbpf-ts/btf';

/** What `call` throws; throws itself if that is no BtfError. */
export function btfError(call: () => unknown): BtfError {
  try {
    call();
  } catch (error) {
    if (error instanceof BtfError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
