function lambda(input, callback) {
  const query = {
    rows: input.payload.rows,
    where(f) { this.rows = this.rows.filter(f); return this; },
    then(resolve, reject) {
      try { resolve(this.rows.map((r) => r.name)); } catch (e) { reject(e); }
    },
  };
  callback(null, query.where((r) => r.age >= 18));
}
