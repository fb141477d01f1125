// expect: stack_exhausted
function lambda() { const o = { get x() { return JSON.stringify(o); }, toJSON() { return this.x; } }; return o.x; }
