/**
 * Local embedding models that can be installed. Where each file lies at its publisher is pinned by revision, and what it must be by
 * its hash, so another source serves as well.
 */
export interface CatalogueFile {
  /** Below the base of the source. */
  path: string;
  bytes: number;
  sha256: string;
}

export interface CatalogueModel {
  name: string;
  about: string;
  license: string;
  /** What people read about it. */
  page: string;
  /** Address that the paths of the files are below. */
  base: string;
  /** What the model wants in front of a question, and of what is to be found. */
  query: string;
  passage: string;
  mostTokens: number;
  files: { 'model.onnx': CatalogueFile; 'tokenizer.json': CatalogueFile };
}

export const CATALOGUE: readonly CatalogueModel[] = [
  {
    name: 'e5-small-v2',
    about: 'English; 384 parts, weights in 8 bits',
    license: 'MIT',
    page: 'https://huggingface.co/intfloat/e5-small-v2',
    base: 'https://huggingface.co/Xenova/e5-small-v2/resolve/02af79985278377e65c724a76275707cb0333c70',
    query: 'query: ',
    passage: 'passage: ',
    mostTokens: 512,
    files: {
      'model.onnx': {
        path: 'onnx/model_quantized.onnx',
        bytes: 34_014_367,
        sha256: '7d9092cb25f2bd1c023b7e8d2aa459044a02030ac880e5a59fdaf27af69f1ded',
      },
      'tokenizer.json': {
        path: 'tokenizer.json',
        bytes: 711_396,
        sha256: 'd241a60d5e8f04cc1b2b3e9ef7a4921b27bf526d9f6050ab90f9267a1f9e5c66',
      },
    },
  },
];
