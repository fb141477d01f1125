/* The input of an invocation: JSON text to values, without the detours of a general parser.
 *
 * What it is: a reader for the JSON that programs write, included by glue.c. An object is made whole, in its final shape,
 * when all its members are known; the engine's parser gives it one shape after the other.
 * What it promises: exactly the values of JSON.parse. Whatever it does not know by heart it leaves to the engine's parser:
 * a string with escapes or a number with a fraction alone, anything else (a mistake above all) with the whole text.
 * What it leaves out: revivers, and words for mistakes. */

/* Deeper texts go to the engine's parser, which watches the stack. */
#define INPUT_DEPTH_MAX 32
/* Members of one object; larger ones are rare, and comparing each new key with all before it would cost more than a table. */
#define INPUT_MEMBERS_MAX 48
/* Digits that surely fit a whole number that a double holds exactly. */
#define INPUT_DIGITS_MAX 15

struct input {
  JSContext *ctx;
  uint8_t *at;
  int depth;
};

/* The members of an object that is being read. */
struct members {
  int count;
  JSAtom keys[INPUT_MEMBERS_MAX];
  JSProperty values[INPUT_MEMBERS_MAX];
};

static JSValue input_value(struct input *in);

static void input_space(struct input *in) {
  while (*in->at == ' ' || *in->at == '\n' || *in->at == '\r' || *in->at == '\t') in->at++;
}

/* Whether the next character is this one, which is passed then. */
static bool input_takes(struct input *in, char wanted) {
  input_space(in);
  if (*in->at != wanted) return false;
  in->at++;
  return true;
}

/* The engine's value of the text from `from` to where the reader is now. */
static JSValue input_by_engine(struct input *in, uint8_t *from) {
  /* The engine's parser ends at a zero. */
  uint8_t next = *in->at;
  *in->at = 0;
  JSValue value = JS_ParseJSON(in->ctx, (char *)from, in->at - from, "<input>");
  *in->at = next;
  return value;
}

/* Passes a run of plain characters: ASCII, printable, neither quote nor escape. */
static void input_plain(struct input *in) {
  while (*in->at >= ' ' && *in->at < 0x7f && *in->at != '"' && *in->at != '\\') in->at++;
}

static JSValue input_string(struct input *in) {
  uint8_t *quote = in->at++;
  input_plain(in);
  if (*in->at == '"') return js_new_string8_len(in->ctx, (char *)quote + 1, in->at++ - quote - 1);
  for (; *in->at != '"'; in->at++) {
    if (*in->at == '\\') in->at++;
    if (*in->at == 0) return JS_EXCEPTION;
  }
  in->at++;
  return input_by_engine(in, quote);
}

static JSValue input_number(struct input *in) {
  uint8_t *first = in->at, *digits = first + (*first == '-');
  int64_t number = 0;
  for (in->at = digits; *in->at >= '0' && *in->at <= '9'; in->at++)
    if (in->at - digits < INPUT_DIGITS_MAX) number = number * 10 + (*in->at - '0');
  size_t count = in->at - digits;
  bool whole = count > 0 && count <= INPUT_DIGITS_MAX && *in->at != '.' && *in->at != 'e' && *in->at != 'E';
  /* A zero at the front is a mistake, or has a sign that whole numbers lack. */
  if (whole && (*digits != '0' || (count == 1 && digits == first))) return JS_NewInt64(in->ctx, digits == first ? number : -number);
  while ((*in->at >= '0' && *in->at <= '9') || (*in->at && strchr("+-.eE", *in->at))) in->at++;
  return input_by_engine(in, first);
}

static JSValue input_word(struct input *in, const char *word, JSValue value) {
  size_t len = strlen(word);
  if (strncmp((char *)in->at, word, len)) return JS_EXCEPTION;
  in->at += len;
  return value;
}

static JSValue input_array(struct input *in) {
  JSValue array = JS_NewArray(in->ctx);
  in->at++;
  if (JS_IsException(array) || input_takes(in, ']')) return array;
  for (uint32_t index = 0;; index++) {
    JSValue element = input_value(in);
    if (JS_IsException(element) || JS_DefinePropertyValueUint32(in->ctx, array, index, element, JS_PROP_C_W_E) < 0) break;
    if (input_takes(in, ',')) continue;
    if (input_takes(in, ']')) return array;
    break;
  }
  JS_FreeValue(in->ctx, array);
  return JS_EXCEPTION;
}

/* Reads `"key": value`; false if it is not that plain. A second member of one name is for the engine to settle. */
static bool input_member(struct input *in, struct members *members) {
  if (members->count == INPUT_MEMBERS_MAX || !input_takes(in, '"')) return false;
  uint8_t *name = in->at;
  input_plain(in);
  if (*in->at != '"') return false;
  JSAtom key = JS_NewAtomLen(in->ctx, (char *)name, in->at++ - name);
  if (key == JS_ATOM_NULL) return false;
  JSValue value = JS_EXCEPTION;
  bool fresh = true;
  for (int i = 0; i < members->count; i++) fresh = fresh && members->keys[i] != key;
  if (fresh && input_takes(in, ':')) value = input_value(in);
  if (JS_IsException(value)) {
    JS_FreeAtom(in->ctx, key);
    return false;
  }
  members->keys[members->count] = key;
  members->values[members->count++].u.value = value;
  return true;
}

static bool input_has_shape(JSShape *shape, uint32_t hash, JSObject *proto, const struct members *members) {
  if (shape->hash != hash || shape->proto != proto || shape->prop_count != members->count) return false;
  JSShapeProperty *property = get_shape_prop(shape);
  for (int i = 0; i < members->count; i++)
    if (property[i].atom != members->keys[i] || property[i].flags != JS_PROP_C_W_E) return false;
  return true;
}

/* The shape of an object with these members, one that exists if there is one. */
static JSShape *input_shape(JSContext *ctx, const struct members *members) {
  JSRuntime *rt = ctx->rt;
  JSObject *proto = JS_VALUE_GET_OBJ(ctx->class_proto[JS_CLASS_OBJECT]);
  uint32_t hash = shape_initial_hash(proto);
  for (int i = 0; i < members->count; i++) hash = shape_hash(shape_hash(hash, members->keys[i]), JS_PROP_C_W_E);
  for (JSShape *found = rt->shape_hash[get_shape_hash(hash, rt->shape_hash_bits)]; found; found = found->shape_hash_next)
    if (input_has_shape(found, hash, proto, members)) return js_dup_shape(found);
  int places = JS_PROP_INITIAL_HASH_SIZE;
  while (places < members->count) places *= 2;
  if (2 * (rt->shape_hash_count + 1) > rt->shape_hash_size) resize_shape_hash(rt, rt->shape_hash_bits + 1);
  JSShape *shape = js_new_shape_nohash(ctx, proto, places, members->count);
  if (!shape) return NULL;
  /* Cannot fail: there is room for all. */
  for (int i = 0; i < members->count; i++) add_shape_property(ctx, &shape, NULL, members->keys[i], JS_PROP_C_W_E);
  shape->hash = hash;
  shape->is_hashed = true;
  js_shape_hash_link(rt, shape);
  return shape;
}

static JSValue input_object(struct input *in) {
  in->at++;
  if (input_takes(in, '}')) return JS_NewObject(in->ctx);
  struct members members = { 0 };
  bool closed = false;
  while (!closed && input_member(in, &members)) {
    closed = input_takes(in, '}');
    if (!closed && !input_takes(in, ',')) break;
  }
  JSShape *shape = closed ? input_shape(in->ctx, &members) : NULL;
  JSValue object = JS_EXCEPTION;
  if (shape) object = JS_NewObjectFromShape(in->ctx, shape, JS_CLASS_OBJECT, members.values);
  else for (int i = 0; i < members.count; i++) JS_FreeValue(in->ctx, members.values[i].u.value);
  for (int i = 0; i < members.count; i++) JS_FreeAtom(in->ctx, members.keys[i]);
  return object;
}

static JSValue input_value(struct input *in) {
  input_space(in);
  switch (*in->at) {
    case '"': return input_string(in);
    case 't': return input_word(in, "true", JS_TRUE);
    case 'f': return input_word(in, "false", JS_FALSE);
    case 'n': return input_word(in, "null", JS_NULL);
    case '-': case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7': case '8': case '9': return input_number(in);
    case '{': case '[': break;
    default: return JS_EXCEPTION;
  }
  if (in->depth == INPUT_DEPTH_MAX) return JS_EXCEPTION;
  in->depth++;
  JSValue value = *in->at == '{' ? input_object(in) : input_array(in);
  in->depth--;
  return value;
}

/* What JSON.parse makes of this text, which ends with a zero. */
static JSValue read_input(JSContext *ctx, char *json, size_t len) {
  struct input in = { ctx, (uint8_t *)json, 0 };
  JSValue value = input_value(&in);
  input_space(&in);
  if (!JS_IsException(value) && (char *)in.at == json + len) return value;
  JS_FreeValue(ctx, value);
  JS_FreeValue(ctx, JS_GetException(ctx));
  return JS_ParseJSON(ctx, json, len, "<input>");
}
