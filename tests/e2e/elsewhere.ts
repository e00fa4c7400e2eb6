/**
 * A listener on a network address of this machine, which represents another host. It records every datagram and connection.
 */
import { createSocket, type Socket } from 'node:dgram';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { networkInterfaces } from 'node:os';

export class Elsewhere {
  /** The protocol of each arrival, in order: `udp` or `tcp`. */
  readonly heard: string[] = [];
  /** `host:port`. */
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

  /** Null if this machine has only loopback addresses, which WebRTC does not use. */
  static async listen(): Promise<Elsewhere | null> {
    const outward = Object.values(networkInterfaces()).flat().find((one) => one?.family === 'IPv4' && !one.internal);
    if (!outward) return null;
    const listener = new Elsewhere();
    await new Promise<void>((done) => listener.#server.listen(0, outward.address, done));
    const { port } = listener.#server.address() as AddressInfo;
    await new Promise<void>((done) => listener.#socket.bind(port, outward.address, done));
    listener.address = `${outward.address}:${port}`;
    return listener;
  }

  close() {
    this.#server.close();
    this.#socket.close();
  }
}
