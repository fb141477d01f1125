// expect: threw returned cpu_exhausted
function lambda() { Error.prepareStackTrace = () => { for (;;); }; Error.stackTraceLimit = Infinity; null.x; }
