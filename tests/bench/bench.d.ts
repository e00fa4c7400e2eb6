/** The functions of `page.js` that `bench.js` calls in the page. */
declare const bench: {
  startWorker(name: string, script: string): void;
  call(name: string, action: string, message?: object): Promise<any>;
  stopWorker(name: string): void;
  patient(names: string[], count: number, slices: number): Promise<number>;
  cold(name: string, script: string, steps: readonly (readonly [string, object])[]): Promise<number>;
  check(name: string, slice: number, path: string): Promise<number>;
  ceiling(): Promise<{ macs: number; bytes: number }>;
};
