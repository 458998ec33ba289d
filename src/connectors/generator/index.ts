export { type GeneratorOptions, generatorSource } from './generator-source.js';
