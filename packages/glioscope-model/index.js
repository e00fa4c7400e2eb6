/** The addresses of the model's files. Each is written out, because bundlers look for it. */
export default {
  manifest: new URL('./model.json', import.meta.url),
  weights: new URL('./weights.safetensors', import.meta.url),
  card: new URL('./card.json', import.meta.url),
};
