// Turns the description of the API into types, so that a page that asks for what is not there does not build.
// Reads openapi/convoke.json, writes src/api/schema.ts. Leaves out headers and refusals: those are the same everywhere.

import { readFileSync, writeFileSync } from "node:fs";

const document = JSON.parse(readFileSync(new URL("../../openapi/convoke.json", import.meta.url), "utf8"));
const METHODS = ["get", "post", "put", "delete", "patch"];

const reference = (schema) => schema.$ref.split("/").at(-1);
const union = (schemas) => [...new Set(schemas.map(type))].join(" | ");

function type(schema) {
  if (schema === undefined || schema === true) return "unknown";
  if (schema.$ref) return reference(schema);
  if (schema.allOf) return schema.allOf.map((part) => `(${type(part)})`).join(" & ");
  if (schema.oneOf ?? schema.anyOf) {
    const choices = union(schema.oneOf ?? schema.anyOf);
    return schema.properties ? `(${object(schema)}) & (${choices})` : choices;
  }
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (Array.isArray(schema.type)) return union(schema.type.map((one) => ({ ...schema, type: one })));
  switch (schema.type) {
    case "integer":
    case "number":
      return "number";
    case "string":
    case "boolean":
    case "null":
      return schema.type;
    case "array":
      return `(${type(schema.items)})[]`;
    case "object":
      return object(schema);
    default:
      return "unknown";
  }
}

function object(schema) {
  const required = new Set(schema.required ?? []);
  const fields = Object.entries(schema.properties ?? {}).map(
    ([name, field]) => `${JSON.stringify(name)}${required.has(name) ? "" : "?"}: ${type(field)};`,
  );
  if (fields.length > 0) return `{ ${fields.join(" ")} }`;
  const values = schema.additionalProperties;
  // An object of which nothing is said is any JSON.
  return values && values !== true ? `Record<string, ${type(values)}>` : "unknown";
}

function operation({ parameters = [], requestBody, responses }) {
  const query = parameters.filter((parameter) => parameter.in === "query");
  const fields = query.map((parameter) => `${JSON.stringify(parameter.name)}?: ${type(parameter.schema)} | undefined;`);
  const body = requestBody ? type(requestBody.content?.["application/json"]?.schema) : "undefined";
  const good = Object.entries(responses).find(([status]) => status.startsWith("2"))?.[1];
  const answer = good?.content?.["application/json"]?.schema;
  return `{ query: { ${fields.join(" ")} }; body: ${body}; answer: ${answer ? type(answer) : "null"} }`;
}

const lines = ["// Made from openapi/convoke.json by build/api-types.mjs.", ""];
for (const [name, schema] of Object.entries(document.components.schemas)) {
  lines.push(`export type ${name} = ${type(schema)};`);
}
lines.push("", "/** What each route takes and gives. */", "export type Routes = {");
for (const [path, methods] of Object.entries(document.paths)) {
  if (!path.startsWith("/api/v1/")) continue;
  for (const method of METHODS.filter((name) => methods[name])) {
    lines.push(`  "${method.toUpperCase()} ${path.slice("/api/v1".length)}": ${operation(methods[method])};`);
  }
}
lines.push("};", "");
writeFileSync(new URL("../src/api/schema.ts", import.meta.url), lines.join("\n"));
