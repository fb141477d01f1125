/* Values that are nothing but data, as JSON text in one go: most of what functions log.
 *
 * What it is: a walk that runs no code of the function's, included by glue.c. A value is plain if it consists of objects
 * without getters and classes, dense arrays, strings, finite numbers, booleans and null, and nobody has a say in its JSON.
 * What it promises: `undefined` for every other value, however it is built; the caller takes its own way then.
 * What it leaves out: what to show of the others. */

static bool is_plain(JSContext *ctx, JSValueConst value, int levels);

static JSObject *prototype_of(JSContext *ctx, JSClassID class_id) {
  return JS_VALUE_GET_OBJ(ctx->class_proto[class_id]);
}

static bool is_plain_array(JSContext *ctx, JSObject *array, int levels) {
  if (array->shape->proto != prototype_of(ctx, JS_CLASS_ARRAY)) return false;
  /* `length` is its one property; its elements stand apart. */
  if (!array->fast_array || array->shape->prop_count != 1) return false;
  for (uint32_t i = 0; i < array->u.array.count; i++)
    if (!is_plain(ctx, array->u.array.u.values[i], levels)) return false;
  return true;
}

static bool is_plain_record(JSContext *ctx, JSObject *object, int levels) {
  JSShape *shape = object->shape;
  if (object->is_exotic || (shape->proto && shape->proto != prototype_of(ctx, JS_CLASS_OBJECT))) return false;
  JSShapeProperty *property = get_shape_prop(shape);
  for (int i = 0; i < shape->prop_count; i++, property++) {
    if (property->atom == JS_ATOM_NULL) continue;
    if (property->atom == JS_ATOM_toJSON || (property->flags & JS_PROP_TMASK) != JS_PROP_NORMAL) return false;
    JSValueConst value = object->prop[i].u.value;
    if (!JS_IsUndefined(value) && !is_plain(ctx, value, levels)) return false;
  }
  return true;
}

/* Whether a value is plain and has at most so many levels of objects. */
static bool is_plain(JSContext *ctx, JSValueConst value, int levels) {
  switch (JS_VALUE_GET_NORM_TAG(value)) {
    case JS_TAG_INT: case JS_TAG_BOOL: case JS_TAG_NULL: case JS_TAG_STRING: case JS_TAG_STRING_ROPE: return true;
    case JS_TAG_FLOAT64: return isfinite(JS_VALUE_GET_FLOAT64(value));
    case JS_TAG_OBJECT: break;
    default: return false;
  }
  if (levels == 0) return false;
  JSObject *object = JS_VALUE_GET_OBJ(value);
  if (object->class_id == JS_CLASS_ARRAY) return is_plain_array(ctx, object, levels - 1);
  return object->class_id == JS_CLASS_OBJECT && is_plain_record(ctx, object, levels - 1);
}

/* Whether arrays and objects get their JSON from the engine alone. */
static bool nobody_has_a_say(JSContext *ctx) {
  JSObject *arrays = prototype_of(ctx, JS_CLASS_ARRAY), *objects = prototype_of(ctx, JS_CLASS_OBJECT);
  return arrays->shape->proto == objects && !find_own_property1(arrays, JS_ATOM_toJSON) && !find_own_property1(objects, JS_ATOM_toJSON);
}

/* host.plain(value, levels) -> its JSON if it is plain and at most so deep, else undefined */
static JSValue native_plain(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv) {
  int32_t levels;
  if (JS_ToInt32(ctx, &levels, argv[1])) return JS_EXCEPTION;
  if (!nobody_has_a_say(ctx) || !is_plain(ctx, argv[0], levels)) return JS_UNDEFINED;
  return JS_JSONStringify(ctx, argv[0], JS_UNDEFINED, JS_UNDEFINED);
}
