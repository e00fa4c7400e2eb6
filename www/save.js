/**
 * Hands bytes to the browser's downloads.
 * @param {string} name
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {string} type
 */
export function save(name, bytes, type) {
  const address = URL.createObjectURL(new Blob([bytes], { type }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // The download has its own hold on the bytes once it has begun.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
