// expect: cpu_exhausted
async function lambda() { return { then(resolve) { resolve({ then: this.then }); } }; }
