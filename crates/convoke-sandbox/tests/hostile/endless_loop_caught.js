// expect: cpu_exhausted
function lambda() { for (;;) { try { for (;;) throw 1; } catch { } finally { continue; } } }
