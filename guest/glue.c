/* The seam between the JavaScript engine and the host.
 *
 * What it is: the engine's C file, compiled together with the few functions that the host calls (`convoke_*`) and the few
 * that JavaScript calls (the `host` object handed to each prelude file).
 * What it promises: an entry returns only when no job is left; every buffer that the host passes in is freed here; freed
 * memory is zeroed, so that a waiting invocation is small to store and holds nothing that it let go of.
 * What it leaves out: policy. Limits, permissions and formats are the host's and the prelude's. */

#define _GNU_SOURCE
#include "quickjs.h"
/* What the engine asks instead of its own allocator: see memory.c. */
static void *laid_malloc(JSRuntime *rt, size_t size);
static void *laid_calloc(JSRuntime *rt, size_t count, size_t size);
static void *laid_realloc(JSRuntime *rt, void *block, size_t size);
#include "quickjs.c"
#include <malloc.h>

#define IMPORTED(name) __attribute__((import_module("convoke"), import_name(#name)))
#define EXPORTED(name) __attribute__((export_name(#name)))

/* How far scripts may nest, in bytes of the shadow stack (512 KiB, see build.mjs). */
#define SCRIPT_STACK_BYTES (300 * 1024)
/* Growth over the image after which cycles are first collected. */
#define COLLECT_AFTER_BYTES (1024 * 1024)
/* First guess for the size of a host function's answer; the host says when it needs more. */
#define ANSWER_BYTES 1024

enum answer { ANSWER_RETURNED = 0, ANSWER_UNDEFINED = 1, ANSWER_THREW = 2, ANSWER_INVALID = 3, ANSWER_REFUSED = 4 };
enum loaded { LOADED_CALLBACK = 1, LOADED_RANDOM = 2,
              LOAD_SYNTAX = -1, LOAD_THREW = -2, LOAD_NO_LAMBDA = -3, LOAD_WAITS = -4 };

IMPORTED(answer) void host_answer(int kind, const char *text, size_t len);
IMPORTED(log) void host_log(int level, const char *json, size_t len);
IMPORTED(operate) int host_operate(int id, const char *name, size_t name_len, const char *arguments, size_t len);
IMPORTED(compute) int host_compute(int function, const char *text, size_t text_len, const uint8_t *bytes, size_t len,
                                   uint8_t *out, size_t room);

static JSRuntime *runtime;
static JSContext *context;
/* What the prelude files share; its `entry` functions are looked up once, when the prelude is complete. */
static JSValue prelude_host, prelude_own;
static JSValue entry_invoke, entry_settle, entry_bind, entry_environment, entry_unhandled, entry_describe, entry_import, entry_resolve;
static int unhandled_rejections;

#include "memory.c"

/* ---- what JavaScript calls -------------------------------------------------------------------------------------- */

/* host.answer(kind, text) */
static JSValue native_answer(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv) {
  int32_t kind;
  size_t len;
  if (JS_ToInt32(ctx, &kind, argv[0])) return JS_EXCEPTION;
  const char *text = JS_ToCStringLen(ctx, &len, argv[1]);
  if (!text) return JS_EXCEPTION;
  host_answer(kind, text, len);
  JS_FreeCString(ctx, text);
  return JS_UNDEFINED;
}

/* host.log(level, json) */
static JSValue native_log(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv) {
  int32_t level;
  size_t len;
  if (JS_ToInt32(ctx, &level, argv[0])) return JS_EXCEPTION;
  const char *json = JS_ToCStringLen(ctx, &len, argv[1]);
  if (!json) return JS_EXCEPTION;
  host_log(level, json, len);
  JS_FreeCString(ctx, json);
  return JS_UNDEFINED;
}

/* host.operate(id, name, json) -> 0, or why it was refused */
static JSValue native_operate(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv) {
  int32_t id;
  size_t name_len, len;
  if (JS_ToInt32(ctx, &id, argv[0])) return JS_EXCEPTION;
  const char *name = JS_ToCStringLen(ctx, &name_len, argv[1]);
  if (!name) return JS_EXCEPTION;
  const char *arguments = JS_ToCStringLen(ctx, &len, argv[2]);
  int refused = arguments ? host_operate(id, name, name_len, arguments, len) : 0;
  JSValue result = arguments ? JS_NewInt32(ctx, refused) : JS_EXCEPTION;
  JS_FreeCString(ctx, name);
  if (arguments) JS_FreeCString(ctx, arguments);
  return result;
}

/* host.compute(function, text, bytes | undefined, wantsBytes) -> string | Uint8Array; throws a TypeError with the host's words */
static JSValue native_compute(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv) {
  int32_t function;
  size_t text_len, len = 0;
  if (JS_ToInt32(ctx, &function, argv[0])) return JS_EXCEPTION;
  const uint8_t *bytes = NULL;
  if (!JS_IsUndefined(argv[2])) {
    bytes = JS_GetUint8Array(ctx, &len, argv[2]);
    if (!bytes && len) return JS_EXCEPTION;
  }
  const char *text = JS_ToCStringLen(ctx, &text_len, argv[1]);
  if (!text) return JS_EXCEPTION;
  JSValue result = JS_EXCEPTION;
  size_t room = ANSWER_BYTES;
  uint8_t *out = js_malloc(ctx, room);
  int got = out ? host_compute(function, text, text_len, bytes, len, out, room) : 0;
  if (out && got > (int)room) {
    js_free(ctx, out);
    room = got;
    out = js_malloc(ctx, room);
    if (out) got = host_compute(function, text, text_len, bytes, len, out, room);
  }
  if (out) {
    if (got < 0) {
      size_t said = (size_t)-got < room ? (size_t)-got : room;
      /* The engine's own way to throw cuts words at 255 bytes. */
      JS_ThrowTypeError(ctx, "refused");
      JSValue refused = JS_GetException(ctx);
      JS_DefinePropertyValueStr(ctx, refused, "message", JS_NewStringLen(ctx, (char *)out, said), JS_PROP_WRITABLE | JS_PROP_CONFIGURABLE);
      JS_Throw(ctx, refused);
    } else if ((size_t)got > room) {
      JS_ThrowInternalError(ctx, "the answer changed its size");
    } else {
      result = JS_ToBool(ctx, argv[3]) ? JS_NewUint8ArrayCopy(ctx, out, got) : JS_NewStringLen(ctx, (char *)out, got);
    }
    js_free(ctx, out);
  }
  JS_FreeCString(ctx, text);
  return result;
}

/* host.encode(string, encoding) -> Uint8Array; 0 UTF-8 (of a well-formed string), 1 latin1, 2 UTF-16LE */
static JSValue native_encode(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv) {
  int32_t encoding;
  size_t len;
  JSValue result;
  if (JS_ToInt32(ctx, &encoding, argv[1])) return JS_EXCEPTION;
  if (encoding == 0) {
    const char *text = JS_ToCStringLen(ctx, &len, argv[0]);
    if (!text) return JS_EXCEPTION;
    result = JS_NewUint8ArrayCopy(ctx, (const uint8_t *)text, len);
    JS_FreeCString(ctx, text);
    return result;
  }
  const uint16_t *units = JS_ToCStringLenUTF16(ctx, &len, argv[0]);
  if (!units) return JS_EXCEPTION;
  if (encoding == 2) {
    result = JS_NewUint8ArrayCopy(ctx, (const uint8_t *)units, len * 2);
  } else {
    uint8_t *narrow = js_malloc(ctx, len + 1);
    if (narrow) for (size_t i = 0; i < len; i++) narrow[i] = (uint8_t)units[i];
    result = narrow ? JS_NewUint8ArrayCopy(ctx, narrow, len) : JS_EXCEPTION;
    js_free(ctx, narrow);
  }
  JS_FreeCStringUTF16(ctx, units);
  return result;
}

/* One character of UTF-8 at `at`, as the encoding standard reads it: each longest beginning of a bad sequence is U+FFFD. */
static uint32_t utf8_character(const uint8_t *bytes, size_t len, size_t *at) {
  uint8_t first = bytes[(*at)++], low = 0x80, high = 0xbf;
  int more;
  if (first < 0x80) return first;
  if (first >= 0xc2 && first <= 0xdf) more = 1;
  else if (first >= 0xe0 && first <= 0xef) more = 2;
  else if (first >= 0xf0 && first <= 0xf4) more = 3;
  else return 0xfffd;
  if (first == 0xe0) low = 0xa0;
  if (first == 0xed) high = 0x9f;
  if (first == 0xf0) low = 0x90;
  if (first == 0xf4) high = 0x8f;
  uint32_t character = first & (0x3f >> more);
  for (; more > 0; more--) {
    if (*at >= len || bytes[*at] < low || bytes[*at] > high) return 0xfffd;
    character = character << 6 | (bytes[(*at)++] & 0x3f);
    low = 0x80;
    high = 0xbf;
  }
  return character;
}

static size_t utf8_units(const uint8_t *bytes, size_t len, uint16_t *units) {
  size_t at = 0, count = 0;
  while (at < len) {
    uint32_t character = utf8_character(bytes, len, &at);
    if (character >= 0x10000) {
      units[count++] = 0xd800 + ((character - 0x10000) >> 10);
      character = 0xdc00 + (character & 0x3ff);
    }
    units[count++] = character;
  }
  return count;
}

/* host.decode(Uint8Array, encoding) -> string; the encodings of host.encode, bad UTF-8 becomes U+FFFD */
static JSValue native_decode(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv) {
  int32_t encoding;
  size_t len, count;
  if (JS_ToInt32(ctx, &encoding, argv[1])) return JS_EXCEPTION;
  const uint8_t *bytes = JS_GetUint8Array(ctx, &len, argv[0]);
  if (!bytes) { if (len) return JS_EXCEPTION; JS_FreeValue(ctx, JS_GetException(ctx)); return JS_NewStringLen(ctx, "", 0); }
  uint16_t *units = js_malloc(ctx, len * 2 + 2);
  if (!units) return JS_EXCEPTION;
  if (encoding == 0) {
    count = utf8_units(bytes, len, units);
  } else {
    count = encoding == 2 ? len / 2 : len;
    for (size_t i = 0; i < count; i++)
      units[i] = encoding == 2 ? (uint16_t)(bytes[2 * i] | bytes[2 * i + 1] << 8) : bytes[i];
  }
  JSValue result = JS_NewStringUTF16(ctx, units, count);
  js_free(ctx, units);
  return result;
}

/* host.evaluate(text, name) -> what a script gives: files and libraries that are required */
static JSValue native_evaluate(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv) {
  size_t len;
  const char *text = JS_ToCStringLen(ctx, &len, argv[0]);
  if (!text) return JS_EXCEPTION;
  const char *name = JS_ToCString(ctx, argv[1]);
  JSValue result = name ? JS_Eval(ctx, text, len, name, JS_EVAL_TYPE_GLOBAL) : JS_EXCEPTION;
  JS_FreeCString(ctx, text);
  if (name) JS_FreeCString(ctx, name);
  return result;
}

/* host.collect(): run the cycle collector once; the prelude does so before its image is taken. */
static JSValue native_collect(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv) {
  JS_RunGC(runtime);
  return JS_UNDEFINED;
}

#include "plain.c"

static const JSCFunctionListEntry natives[] = {
  JS_CFUNC_DEF("answer", 2, native_answer),   JS_CFUNC_DEF("log", 2, native_log),
  JS_CFUNC_DEF("operate", 3, native_operate), JS_CFUNC_DEF("compute", 4, native_compute),
  JS_CFUNC_DEF("encode", 2, native_encode),   JS_CFUNC_DEF("decode", 2, native_decode),
  JS_CFUNC_DEF("evaluate", 2, native_evaluate), JS_CFUNC_DEF("collect", 0, native_collect),
  JS_CFUNC_DEF("plain", 2, native_plain),
};

#include "input.c"

/* ---- entries ----------------------------------------------------------------------------------------------------- */

/* The engine leaves its limit unset on this target; each entry begins at the same depth, so this is one constant. */
static void limit_stack(void) {
  uintptr_t here = (uintptr_t)__builtin_frame_address(0);
  runtime->stack_limit = here > SCRIPT_STACK_BYTES ? here - SCRIPT_STACK_BYTES : here / 2;
}

static void reseed(uint64_t seed) { context->random_state = seed ? seed : 1; }

/* Hands the pending exception to the host as {name, message, stack}; says so plainly if there is no memory left to. */
static void report_exception(int kind) {
  JSValue thrown = JS_GetException(context);
  JSValue described = JS_Call(context, entry_describe, JS_UNDEFINED, 1, (JSValueConst *)&thrown);
  size_t len;
  const char *text = JS_IsException(described) ? NULL : JS_ToCStringLen(context, &len, described);
  if (text) host_answer(kind, text, len);
  else { JS_FreeValue(context, JS_GetException(context)); host_answer(kind, "{}", 2); }
  if (text) JS_FreeCString(context, text);
  JS_FreeValue(context, described);
  JS_FreeValue(context, thrown);
}

static void drain(void) {
  JSContext *ran;
  int more;
  while ((more = JS_ExecutePendingJob(runtime, &ran)) != 0)
    if (more < 0) report_exception(ANSWER_THREW);
  if (unhandled_rejections > 0) {
    unhandled_rejections = 0;
    JSValue done = JS_Call(context, entry_unhandled, JS_UNDEFINED, 0, NULL);
    if (JS_IsException(done)) JS_FreeValue(context, JS_GetException(context));
    JS_FreeValue(context, done);
  }
}

static void on_rejection(JSContext *ctx, JSValueConst promise, JSValueConst reason, bool handled, void *opaque) {
  JSValueConst arguments[3] = { promise, reason, JS_NewBool(ctx, handled) };
  if (JS_IsUndefined(entry_unhandled)) return;
  unhandled_rejections++;
  JSValue done = JS_Call(ctx, entry_unhandled, JS_UNDEFINED, 3, arguments);
  if (JS_IsException(done)) JS_FreeValue(ctx, JS_GetException(ctx));
  JS_FreeValue(ctx, done);
}

/* ---- modules ------------------------------------------------------------------------------------------------------ */

static int fill_module(JSContext *ctx, JSModuleDef *module) {
  JSValue found = JS_GetModulePrivateValue(ctx, module);
  JSPropertyEnum *keys;
  uint32_t count;
  JS_SetModuleExport(ctx, module, "default", JS_DupValue(ctx, found));
  if (JS_GetOwnPropertyNames(ctx, &keys, &count, found, JS_GPN_STRING_MASK | JS_GPN_ENUM_ONLY)) { JS_FreeValue(ctx, found); return -1; }
  for (uint32_t i = 0; i < count; i++) {
    const char *key = JS_AtomToCString(ctx, keys[i].atom);
    if (key && strcmp(key, "default")) JS_SetModuleExport(ctx, module, key, JS_GetProperty(ctx, found, keys[i].atom));
    JS_FreeCString(ctx, key);
  }
  JS_FreePropertyEnum(ctx, keys, count);
  JS_FreeValue(ctx, found);
  return 0;
}

static char *module_name(JSContext *ctx, const char *base, const char *name, void *opaque) {
  /* Only the function's own files are resolved; their names are "kind:path", the entry's is its path. */
  const char *from = strchr(base, ':');
  JSValueConst arguments[2] = { JS_NewString(ctx, from ? from + 1 : base), JS_NewString(ctx, name) };
  JSValue found = JS_Call(ctx, entry_resolve, JS_UNDEFINED, 2, arguments);
  JS_FreeValue(ctx, arguments[0]);
  JS_FreeValue(ctx, arguments[1]);
  const char *text = JS_IsException(found) ? NULL : JS_ToCString(ctx, found);
  JS_FreeValue(ctx, found);
  char *resolved = text ? js_strdup(ctx, text) : NULL;
  if (text) JS_FreeCString(ctx, text);
  return resolved;
}

/* An ES module of the function's own; in stacks it has its path. */
static JSModuleDef *compile_module(JSContext *ctx, const char *name, JSValue text) {
  size_t len;
  const char *source = JS_ToCStringLen(ctx, &len, text);
  JSValue module = source ? JS_Eval(ctx, source, len, name, JS_EVAL_TYPE_MODULE | JS_EVAL_FLAG_COMPILE_ONLY) : JS_EXCEPTION;
  if (source) JS_FreeCString(ctx, source);
  if (JS_IsException(module)) return NULL;
  JSModuleDef *definition = JS_VALUE_GET_PTR(module);
  JS_FreeValue(ctx, module);
  return definition;
}

static JSModuleDef *load_module(JSContext *ctx, const char *name, void *opaque) {
  JSValue asked = JS_NewString(ctx, name);
  JSValue found = JS_Call(ctx, entry_import, JS_UNDEFINED, 1, (JSValueConst *)&asked);
  JS_FreeValue(ctx, asked);
  if (JS_IsException(found)) return NULL;
  if (JS_IsString(found)) {
    JSModuleDef *own_file = compile_module(ctx, name, found);
    JS_FreeValue(ctx, found);
    return own_file;
  }
  JSModuleDef *module = JS_NewCModule(ctx, name, fill_module);
  JSPropertyEnum *keys;
  uint32_t count;
  if (!module || JS_GetOwnPropertyNames(ctx, &keys, &count, found, JS_GPN_STRING_MASK | JS_GPN_ENUM_ONLY)) {
    JS_FreeValue(ctx, found);
    return NULL;
  }
  JS_AddModuleExport(ctx, module, "default");
  for (uint32_t i = 0; i < count; i++) {
    const char *key = JS_AtomToCString(ctx, keys[i].atom);
    if (key && strcmp(key, "default")) JS_AddModuleExport(ctx, module, key);
    JS_FreeCString(ctx, key);
  }
  JS_FreePropertyEnum(ctx, keys, count);
  JS_SetModulePrivateValue(ctx, module, found);
  return module;
}

/* ---- what the host calls ------------------------------------------------------------------------------------------ */

/* Room for `len` bytes and a final zero; 0 if there is none. The entry that is given the buffer frees it. */
EXPORTED(convoke_alloc) void *convoke_alloc(size_t len) { return len + 1 ? calloc(1, len + 1) : NULL; }

/* Makes the runtime. Image build only. */
EXPORTED(convoke_start) int convoke_start(void) {
  entry_invoke = entry_settle = entry_bind = entry_environment = entry_unhandled = entry_describe = entry_import = entry_resolve = JS_UNDEFINED;
  runtime = JS_NewRuntime2(&zeroing, NULL);
  if (!runtime) return 1;
  context = JS_NewContext(runtime);
  if (!context) return 1;
  limit_stack();
  JS_SetHostPromiseRejectionTracker(runtime, on_rejection, NULL);
  JS_SetModuleLoaderFunc(runtime, module_name, load_module, NULL);
  prelude_host = JS_NewObject(context);
  prelude_own = JS_NewObject(context);
  return JS_SetPropertyFunctionList(context, prelude_host, natives, countof(natives)) < 0;
}

/* The prelude's functions have no text, as built-in ones have none. Each keeps that of all within it otherwise: a third of
 * the image, through which the host walks after every invocation. */
static void forget_texts(void) {
  struct list_head *link;
  list_for_each(link, &runtime->gc_obj_list) {
    JSFunctionBytecode *code = (JSFunctionBytecode *)list_entry(link, JSGCObjectHeader, link);
    if (JS_GC_TYPE(code) != JS_GC_OBJ_TYPE_FUNCTION_BYTECODE || !code->source) continue;
    js_free_rt(runtime, code->source);
    code->source = NULL;
    code->source_len = 0;
  }
}

/* Evaluates one prelude file: a function expression that is given `host` and `own`. Image build only. */
EXPORTED(convoke_prelude) int convoke_prelude(char *source, size_t len, char *name) {
  limit_stack();
  JSValue within = JS_GetPropertyStr(context, prelude_own, "file"), file;
  if (JS_IsFunction(context, within)) {
    JSValueConst described[2] = { JS_NewStringLen(context, source, len), JS_NewString(context, name) };
    file = JS_Call(context, within, JS_UNDEFINED, 2, described);
    JS_FreeValue(context, described[0]);
    JS_FreeValue(context, described[1]);
  } else {
    file = JS_Eval(context, source, len, name, JS_EVAL_TYPE_GLOBAL);
  }
  JS_FreeValue(context, within);
  JSValueConst arguments[2] = { prelude_host, prelude_own };
  JSValue done = JS_IsException(file) ? JS_EXCEPTION : JS_Call(context, file, JS_UNDEFINED, 2, arguments);
  memset(source, 0, len);
  free(source);
  free(name);
  if (JS_IsException(done)) {
    JSValue thrown = JS_GetException(context), stack = JS_GetPropertyStr(context, thrown, "stack");
    const char *message = JS_ToCString(context, thrown), *frames = JS_ToCString(context, stack);
    host_answer(ANSWER_THREW, message, strlen(message));
    host_answer(ANSWER_THREW, frames, strlen(frames));
    return 1;
  }
  JS_FreeValue(context, file);
  JS_FreeValue(context, done);
  drain();
  forget_texts();
  return 0;
}

/* Looks up the prelude's entries and tidies up: the image is taken after this. Image build only. */
EXPORTED(convoke_seal) int convoke_seal(void) {
  limit_stack();
  entry_invoke = JS_GetPropertyStr(context, prelude_own, "invoke");
  entry_settle = JS_GetPropertyStr(context, prelude_own, "settle");
  entry_bind = JS_GetPropertyStr(context, prelude_own, "bind");
  entry_environment = JS_GetPropertyStr(context, prelude_own, "environment");
  entry_unhandled = JS_GetPropertyStr(context, prelude_own, "unhandled");
  entry_describe = JS_GetPropertyStr(context, prelude_own, "describe");
  entry_import = JS_GetPropertyStr(context, prelude_own, "import");
  entry_resolve = JS_GetPropertyStr(context, prelude_own, "resolve");
  JS_RunGC(runtime);
  if (!settle_heap()) return 1;
  /* A collection visits, and so dirties, the whole image: a function of ordinary size shall never need one. */
  JS_SetGCThreshold(runtime, runtime->malloc_state.malloc_size + COLLECT_AFTER_BYTES);
  return !(JS_IsFunction(context, entry_invoke) && JS_IsFunction(context, entry_settle) && JS_IsFunction(context, entry_bind)
    && JS_IsFunction(context, entry_environment) && JS_IsFunction(context, entry_unhandled)
    && JS_IsFunction(context, entry_describe) && JS_IsFunction(context, entry_import)
    && JS_IsFunction(context, entry_resolve));
}

static int bind_lambda(JSValueConst namespace, uint64_t seed) {
  JSValue lexical = JS_Eval(context, "typeof lambda==='function'?lambda:undefined", 43, "convoke:bind", JS_EVAL_TYPE_GLOBAL);
  if (JS_IsException(lexical)) { JS_FreeValue(context, JS_GetException(context)); lexical = JS_UNDEFINED; }
  JSValueConst arguments[2] = { lexical, namespace };
  JSValue form = JS_Call(context, entry_bind, JS_UNDEFINED, 2, arguments);
  JS_FreeValue(context, lexical);
  int32_t flags = 0;
  if (JS_IsException(form) || JS_ToInt32(context, &flags, form)) { report_exception(ANSWER_THREW); return LOAD_THREW; }
  JS_FreeValue(context, form);
  if (flags < 0) return LOAD_NO_LAMBDA;
  return flags | (context->random_state != (seed ? seed : 1) ? LOADED_RANDOM : 0);
}

static int load_module_source(const char *source, size_t len, const char *name, JSValue *namespace) {
  static const char suffix[] = "\n;export{lambda as \"convoke:lambda\"}";
  size_t whole = len + sizeof suffix - 1;
  char *exporting = js_malloc(context, whole + 1);
  if (!exporting) { report_exception(ANSWER_REFUSED); return LOAD_THREW; }
  memcpy(exporting, source, len);
  memcpy(exporting + len, suffix, sizeof suffix);
  int flags = JS_EVAL_TYPE_MODULE | JS_EVAL_FLAG_COMPILE_ONLY;
  JSValue module = JS_Eval(context, exporting, whole, name, flags);
  js_free(context, exporting);
  if (JS_IsException(module)) {
    /* No top-level `lambda` to export, or a mistake of the author's: the text as written tells which. */
    JS_FreeValue(context, JS_GetException(context));
    module = JS_Eval(context, source, len, name, flags);
  }
  if (JS_IsException(module)) { report_exception(ANSWER_REFUSED); return LOAD_SYNTAX; }
  JSModuleDef *definition = JS_VALUE_GET_PTR(module);
  JSValue evaluated = JS_EvalFunction(context, module);
  if (JS_IsException(evaluated)) { report_exception(ANSWER_REFUSED); return LOAD_THREW; }
  drain();
  int loaded = 0;
  JSPromiseStateEnum state = JS_PromiseState(context, evaluated);
  if (state == JS_PROMISE_PENDING) loaded = LOAD_WAITS;
  if (state == JS_PROMISE_REJECTED) {
    JS_Throw(context, JS_PromiseResult(context, evaluated));
    report_exception(ANSWER_REFUSED);
    loaded = LOAD_THREW;
  }
  JS_FreeValue(context, evaluated);
  if (!loaded) *namespace = JS_GetModuleNamespace(context, definition);
  return loaded;
}

static int load_script_source(const char *source, size_t len, const char *name) {
  JSValue script = JS_Eval(context, source, len, name, JS_EVAL_TYPE_GLOBAL | JS_EVAL_FLAG_COMPILE_ONLY);
  if (JS_IsException(script)) { report_exception(ANSWER_REFUSED); return LOAD_SYNTAX; }
  JSValue evaluated = JS_EvalFunction(context, script);
  if (JS_IsException(evaluated)) { report_exception(ANSWER_REFUSED); return LOAD_THREW; }
  JS_FreeValue(context, evaluated);
  drain();
  return 0;
}

/* Evaluates the user's source, the file `name`, with its environment variables present, and binds `lambda`.
 * Returns flags (`LOADED_*`), or below zero why it does not load (`LOAD_*`), the words having gone to `answer`. */
EXPORTED(convoke_load) int convoke_load(char *source, size_t len, char *name, int is_module, char *environment, size_t env_len, uint64_t seed) {
  limit_stack();
  reseed(seed);
  JSValueConst arguments[2] = { JS_NewStringLen(context, environment, env_len), JS_NewString(context, name) };
  JSValue namespace = JS_UNDEFINED;
  JSValue done = JS_Call(context, entry_environment, JS_UNDEFINED, 2, arguments);
  JS_FreeValue(context, arguments[0]);
  JS_FreeValue(context, arguments[1]);
  free(environment);
  int loaded = 0;
  if (JS_IsException(done)) { report_exception(ANSWER_REFUSED); loaded = LOAD_THREW; }
  JS_FreeValue(context, done);
  if (!loaded) loaded = is_module ? load_module_source(source, len, name, &namespace) : load_script_source(source, len, name);
  memset(source, 0, len);
  free(source);
  free(name);
  if (!loaded) loaded = bind_lambda(namespace, seed);
  JS_FreeValue(context, namespace);
  return loaded;
}

/* Calls the lambda with what this JSON text says. */
EXPORTED(convoke_invoke) void convoke_invoke(char *json, size_t len, uint64_t seed) {
  limit_stack();
  reseed(seed);
  JSValue input = read_input(context, json, len);
  memset(json, 0, len);
  free(json);
  JSValue done = JS_IsException(input) ? JS_EXCEPTION : JS_Call(context, entry_invoke, JS_UNDEFINED, 1, (JSValueConst *)&input);
  JS_FreeValue(context, input);
  if (JS_IsException(done)) report_exception(ANSWER_THREW);
  JS_FreeValue(context, done);
  drain();
}

/* Gives operation `id` its answer. */
EXPORTED(convoke_settle) void convoke_settle(int id, int fulfilled, char *json, size_t len, uint64_t seed) {
  limit_stack();
  reseed(seed);
  JSValue text = JS_NewStringLen(context, json, len);
  memset(json, 0, len);
  free(json);
  JSValueConst arguments[3] = { JS_NewInt32(context, id), JS_NewBool(context, fulfilled), text };
  JSValue done = JS_Call(context, entry_settle, JS_UNDEFINED, 3, arguments);
  JS_FreeValue(context, text);
  if (JS_IsException(done)) report_exception(ANSWER_THREW);
  JS_FreeValue(context, done);
  drain();
}
