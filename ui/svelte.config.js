// Read by the bundler, the checker and editors.

export default { compilerOptions: { runes: true } };
