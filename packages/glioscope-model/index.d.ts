/** The addresses of the model's files: `model.json`, `weights.safetensors` and `card.json`. */
declare const model: { readonly manifest: URL; readonly weights: URL; readonly card: URL };
export default model;
