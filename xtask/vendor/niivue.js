// What the page uses of NiiVue; esbuild leaves out what it can of the rest.
export { NVImage, Niivue } from '@niivue/niivue';
