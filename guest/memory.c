/* Memory: where blocks lie, and that they are zero once they are free.
 *
 * What it promises: freed memory is zeroed, so that a waiting invocation is small to store and holds nothing that it let go
 * of. A page that an invocation writes to costs it a fault and two copies, so what invocations write to lies together: the
 * blocks of the image whose reference counts nearly every function moves, and the first new blocks of every size.
 * What it leaves out: which blocks those are. The image's build finds out by running functions (build/layout.rs). */

/* Room for the image's blocks that invocations write to. */
#define TOGETHER_BYTES (128 * 1024)
/* What an invocation may allocate before memory has to grow: the function's own objects and a few hundred lines of text. */
#define ROOM_BYTES (1024 * 1024)
/* The allocator's smallest place. */
#define HOLE_BYTES_MIN 16
/* A first arena is this large, and has some blocks in any case: of most sizes an invocation needs a few. */
#define FIRST_ARENA_BYTES 512
#define FIRST_ARENA_BLOCKS_MIN 3

static _Alignas(4096) uint8_t together[TOGETHER_BYTES];
static size_t together_used;

/* What is known of the blocks that the image's build asks for, in the order in which it does. */
static struct {
  enum { LAYOUT_DONE, LAYOUT_LEARNING, LAYOUT_PLACING } stage;
  uint32_t asked;
  /* Learning: address and size of each block. Placing: the numbers of those that lie together, ascending. */
  uint32_t *table;
  uint32_t count, next;
} layout;

static int lies_together(const void *block) {
  return (const uint8_t *)block >= together && (const uint8_t *)block < together + TOGETHER_BYTES;
}

/* ---- zero on free ------------------------------------------------------------------------------------------------ */

static size_t usable(const void *block) {
  if (lies_together(block)) return arena_block_sizes[((const JSMallocBlockHeader *)block)->block_size_idx];
  return malloc_usable_size((void *)block);
}

static void *zeroing_calloc(void *opaque, size_t count, size_t size) { return calloc(count, size); }
static void *zeroing_malloc(void *opaque, size_t size) { return malloc(size); }

static void zeroing_free(void *opaque, void *block) {
  if (!block) return;
  memset(block, 0, usable(block));
  if (!lies_together(block)) free(block);
}

static void *zeroing_realloc(void *opaque, void *block, size_t size) {
  if (!block) return malloc(size);
  size_t had = usable(block);
  if (size <= had && size >= had / 2) return block;
  void *moved = malloc(size);
  if (!moved) return NULL;
  memcpy(moved, block, size < had ? size : had);
  zeroing_free(opaque, block);
  return moved;
}

static const JSMallocFunctions zeroing = { zeroing_calloc, zeroing_malloc, zeroing_free, zeroing_realloc, usable };

/* ---- the image's blocks ------------------------------------------------------------------------------------------ */

/* A block of its own among those that lie together; to the engine it is a large one, which has no arena. */
static void *place_together(size_t size) {
  size_t whole = ((size + JS_ARENA_ALIGN - 1) & ~(size_t)(JS_ARENA_ALIGN - 1)) + sizeof(JSMallocBlockHeader);
  if (whole > JS_ARENA_MAX_SMALL_SIZE) return NULL;
  int kind = arena_get_size_index(whole);
  if (together_used + arena_block_sizes[kind] > TOGETHER_BYTES) return NULL;
  JSMallocBlockHeader *block = (JSMallocBlockHeader *)(together + together_used);
  together_used += arena_block_sizes[kind];
  block->u.block_idx = JS_ARENA_FREE_NIL;
  block->block_size_idx = kind;
  return block->user_data;
}

/* Whether the block that is asked for now lies together with others. */
static int next_lies_together(void) {
  if (layout.stage != LAYOUT_PLACING || layout.next >= layout.count || layout.table[layout.next] != layout.asked) return 0;
  layout.next++;
  return 1;
}

static void *noted(void *block, size_t size) {
  if (layout.stage == LAYOUT_LEARNING && layout.asked < layout.count) {
    layout.table[2 * layout.asked] = (uint32_t)(uintptr_t)block;
    layout.table[2 * layout.asked + 1] = size;
  }
  layout.asked++;
  return block;
}

static void *laid_malloc(JSRuntime *rt, size_t size) {
  if (layout.stage == LAYOUT_DONE) return js_arena_malloc(rt, size);
  void *block = next_lies_together() ? place_together(size) : NULL;
  return noted(block ? block : js_arena_malloc(rt, size), size);
}

static void *laid_calloc(JSRuntime *rt, size_t count, size_t size) {
  if (layout.stage == LAYOUT_DONE) return js_arena_calloc(rt, count, size);
  void *block = next_lies_together() ? place_together(count * size) : NULL;
  return noted(block ? block : js_arena_calloc(rt, count, size), count * size);
}

static void *laid_realloc(JSRuntime *rt, void *block, size_t size) {
  if (layout.stage == LAYOUT_DONE) return js_arena_realloc(rt, block, size);
  void *moved = next_lies_together() ? place_together(size) : NULL;
  if (!moved) return noted(js_arena_realloc(rt, block, size), size);
  JSMallocBlockHeader *from = container_of(block, JSMallocBlockHeader, user_data);
  JSMallocBlockHeader *to = container_of(moved, JSMallocBlockHeader, user_data);
  to->gc_obj_type = from->gc_obj_type;
  to->mark = from->mark;
  to->ref_count = from->ref_count;
  size_t had = js_arena_usable_size(rt, block);
  memcpy(moved, block, size < had ? size : had);
  js_arena_free(rt, block);
  return noted(moved, size);
}

/* From now on address and size of each of the first `count` blocks are written to `table`. Image build only. */
EXPORTED(convoke_learn) void convoke_learn(uint32_t *table, uint32_t count) {
  layout.table = table;
  layout.count = count;
  layout.stage = LAYOUT_LEARNING;
}

/* From now on blocks with these `count` numbers, ascending, lie together. Image build only. */
EXPORTED(convoke_place) void convoke_place(uint32_t *table, uint32_t count) {
  layout.table = table;
  layout.count = count;
  layout.stage = LAYOUT_PLACING;
}

/* How many blocks were asked for until the heap was settled. Image build only. */
EXPORTED(convoke_asked) uint32_t convoke_asked(void) { return layout.asked; }

/* ---- the heap as an image keeps it ------------------------------------------------------------------------------- */

/* An arena with few blocks, of which one is taken for good: an emptied arena would be given back, and made again. */
static int start_arena(int kind) {
  int size = arena_block_sizes[kind], blocks = FIRST_ARENA_BYTES / size;
  if (blocks < FIRST_ARENA_BLOCKS_MIN) blocks = FIRST_ARENA_BLOCKS_MIN;
  JSArena *arena = calloc(1, sizeof(JSArena) + (size_t)blocks * size);
  if (!arena) return 0;
  arena->block_size_idx = kind;
  arena->n_blocks = blocks;
  for (int i = 0; i < blocks; i++) {
    JSMallocBlockHeader *block = arena_get_block(arena, i, size);
    block->u.free_next = i + 1 < blocks ? i + 1 : JS_ARENA_FREE_NIL;
    block->block_size_idx = kind;
  }
  list_add(&arena->link, &runtime->arena_state.arena_list[kind]);
  list_add(&arena->free_link, &runtime->arena_state.free_arena_list[kind]);
  return js_malloc_rt(runtime, size - sizeof(JSMallocBlockHeader)) != NULL;
}

/* The prelude has left free places all over its heap, and an allocator prefers those: they are filled for good, and
 * invocations begin behind them, where one small arena of each block size waits. A filled place is never written to again,
 * so it costs nothing. */
static int settle_heap(void) {
  if (layout.stage == LAYOUT_PLACING) {
    memset(layout.table, 0, layout.count * sizeof *layout.table);
    free(layout.table);
    layout.table = NULL;
  }
  layout.stage = LAYOUT_DONE;
  for (int i = 0; i < JS_ARENA_BLOCK_SIZE_COUNT; i++)
    while (!list_empty(&runtime->arena_state.free_arena_list[i]))
      js_malloc_rt(runtime, arena_block_sizes[i] - sizeof(JSMallocBlockHeader));
  /* Larger than any hole, so it begins where the heap's unbroken end does. */
  char *volatile room = malloc(ROOM_BYTES);
  if (!room) return 0;
  for (size_t size = ROOM_BYTES / 16; size >= HOLE_BYTES_MIN; size -= size / 4) {
    char *volatile filled = malloc(size);
    while (filled && filled < room) filled = malloc(size);
    free(filled);
  }
  free(room);
  /* A table that grows is written anew as a whole, and so is the chain of each of its entries. */
  if (4 * runtime->shape_hash_count > runtime->shape_hash_size) resize_shape_hash(runtime, runtime->shape_hash_bits + 1);
  if (runtime->atom_count > runtime->atom_count_resize / 4 * 3) JS_ResizeAtomHash(runtime, runtime->atom_hash_size * 2);
  for (int i = 0; i < JS_ARENA_BLOCK_SIZE_COUNT; i++)
    if (!start_arena(i)) return 0;
  return 1;
}
