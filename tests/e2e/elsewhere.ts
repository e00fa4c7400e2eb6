/**
 * Somebody elsewhere on the network: another address of this machine, where it is noted what arrives, datagram or connection.
 */
import { createSocket, type Socket } from 'node:dgram';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { networkInterfaces } from 'node:os';

export class Elsewhere {
  /** What has arrived, in order: `udp` or `tcp`. */
  readonly heard: string[] = [];
  /** Host and port. */
  address = '';
  #server: Server;
  #socket: Socket;

  private constructor() {
    this.#server = createServer((connection) => {
      this.heard.push('tcp');
      connection.on('error', () => undefined);
    });
    this.#socket = createSocket('udp4').on('message', () => this.heard.push('udp'));
  }

  /** Nobody where this machine has no address but its own: WebRTC does not use that one. */
  static async listen(): Promise<Elsewhere | null> {
    const outward = Object.values(networkInterfaces()).flat().find((one) => one?.family === 'IPv4' && !one.internal);
    if (!outward) return null;
    const there = new Elsewhere();
    await new Promise<void>((done) => there.#server.listen(0, outward.address, done));
    const { port } = there.#server.address() as AddressInfo;
    await new Promise<void>((done) => there.#socket.bind(port, outward.address, done));
    there.address = `${outward.address}:${port}`;
    return there;
  }

  close() {
    this.#server.close();
    this.#socket.close();
  }
}
