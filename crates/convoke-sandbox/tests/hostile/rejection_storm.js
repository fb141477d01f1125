// expect: out_of_memory cpu_exhausted returned
async function lambda() { for (let i = 0; i < 1e5; i++) Promise.reject(new Error('x' + i)); return 1; }
