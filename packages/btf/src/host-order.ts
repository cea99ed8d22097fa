/** Whether the machine's own byte order is little-endian: then typed arrays read such BTF as it is. */
export const HOST_IS_LITTLE_ENDIAN: boolean = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
