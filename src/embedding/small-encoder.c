// The arithmetic of the small encoder: a BERT-shaped network over int8 weights, in WebAssembly SIMD.
// No library: TypeScript (small-encoder.ts) lays out the memory, this file only computes in it.
//
// Weights are int8, a step a row. Activations are rounded to 13 bits a token, so that a pair of products fits i32x4.dot:
// 4095 * 127 * 1536 < 2^31, the widest row that shapes allow.
#include <stdint.h>
#include <wasm_simd128.h>

#define ACTIVATION_TOP 4095.0f
#define PANEL 8  // columns computed together
#define GROUP 4  // tokens computed together
#define EPSILON 1e-5f

typedef struct {
  const int8_t *weight;  // packed by pack()
  const float *step;
  const float *bias;
} Dense;

typedef struct {
  const float *scale;
  const float *shift;
} Norm;

typedef struct {
  Dense qkv, mix, grow, shrink;
  Norm norm1, norm2;
} Layer;

typedef struct {
  uint32_t width, layers, inner, heads, embedding, bits;
  const uint8_t *tokens;
  const float *tokenStep;
  const float *positions;
  Dense lift;
  Norm norm;
  Dense out;
  Layer layer[];
} Model;

static inline float sumOf(v128_t v) {
  return wasm_f32x4_extract_lane(v, 0) + wasm_f32x4_extract_lane(v, 1) + wasm_f32x4_extract_lane(v, 2) +
         wasm_f32x4_extract_lane(v, 3);
}

// [out][in] -> panels of 8 rows; in a panel, for each pair of inputs, the pair of every row.
__attribute__((export_name("pack"))) void pack(const int8_t *from, int8_t *to, int out, int in) {
  for (int panel = 0; panel < out; panel += PANEL)
    for (int k = 0; k < in; k += 2)
      for (int row = panel; row < panel + PANEL; row++) {
        *to++ = from[row * in + k];
        *to++ = from[row * in + k + 1];
      }
}

// out[token][column] = sum over inputs, times both steps, plus bias. Tokens are padded to a multiple of GROUP.
static void dense(const Dense *layer, const int16_t *x, const float *steps, float *out, int tokens, int in, int columns, int relu) {
  const v128_t zero = wasm_f32x4_const_splat(0);
  const v128_t least = relu ? zero : wasm_f32x4_const_splat(-3e38f);
  for (int column = 0; column < columns; column += PANEL) {
    const int8_t *panel = layer->weight + column * in;
    const v128_t step0 = wasm_v128_load(layer->step + column), step1 = wasm_v128_load(layer->step + column + 4);
    const v128_t bias0 = wasm_v128_load(layer->bias + column), bias1 = wasm_v128_load(layer->bias + column + 4);
    for (int token = 0; token < tokens; token += GROUP) {
      const int16_t *x0 = x + token * in, *x1 = x0 + in, *x2 = x1 + in, *x3 = x2 + in;
      const int8_t *w = panel;
      v128_t a0 = zero, a1 = zero, b0 = zero, b1 = zero, c0 = zero, c1 = zero, d0 = zero, d1 = zero;
      for (int k = 0; k < in; k += 2, w += 16) {
        const v128_t bytes = wasm_v128_load(w);
        const v128_t w0 = wasm_i16x8_extend_low_i8x16(bytes), w1 = wasm_i16x8_extend_high_i8x16(bytes);
        v128_t pair = wasm_v128_load32_splat(x0 + k);
        a0 = wasm_i32x4_add(a0, wasm_i32x4_dot_i16x8(pair, w0));
        a1 = wasm_i32x4_add(a1, wasm_i32x4_dot_i16x8(pair, w1));
        pair = wasm_v128_load32_splat(x1 + k);
        b0 = wasm_i32x4_add(b0, wasm_i32x4_dot_i16x8(pair, w0));
        b1 = wasm_i32x4_add(b1, wasm_i32x4_dot_i16x8(pair, w1));
        pair = wasm_v128_load32_splat(x2 + k);
        c0 = wasm_i32x4_add(c0, wasm_i32x4_dot_i16x8(pair, w0));
        c1 = wasm_i32x4_add(c1, wasm_i32x4_dot_i16x8(pair, w1));
        pair = wasm_v128_load32_splat(x3 + k);
        d0 = wasm_i32x4_add(d0, wasm_i32x4_dot_i16x8(pair, w0));
        d1 = wasm_i32x4_add(d1, wasm_i32x4_dot_i16x8(pair, w1));
      }
#define STORE(row, low, high)                                                                                            \
  {                                                                                                                      \
    const v128_t by = wasm_f32x4_splat(steps[token + row]);                                                              \
    float *to = out + (token + row) * columns + column;                                                                  \
    const v128_t y0 = wasm_f32x4_add(wasm_f32x4_mul(wasm_f32x4_convert_i32x4(low), wasm_f32x4_mul(by, step0)), bias0);    \
    const v128_t y1 = wasm_f32x4_add(wasm_f32x4_mul(wasm_f32x4_convert_i32x4(high), wasm_f32x4_mul(by, step1)), bias1);   \
    wasm_v128_store(to, wasm_f32x4_pmax(least, y0));                                                                     \
    wasm_v128_store(to + 4, wasm_f32x4_pmax(least, y1));                                                                 \
  }
      STORE(0, a0, a1) STORE(1, b0, b1) STORE(2, c0, c1) STORE(3, d0, d1)
    }
  }
}

static void rounded(const float *x, int16_t *to, float *steps, int tokens, int width) {
  for (int token = 0; token < tokens; token++, x += width, to += width) {
    v128_t most = wasm_f32x4_const_splat(1e-20f);
    for (int k = 0; k < width; k += 4) most = wasm_f32x4_pmax(most, wasm_f32x4_abs(wasm_v128_load(x + k)));
    float top = 0;
    for (int lane = 0; lane < 4; lane++) {
      const float value = ((const float *)&most)[lane];
      if (value > top) top = value;
    }
    steps[token] = top / ACTIVATION_TOP;
    const v128_t by = wasm_f32x4_splat(ACTIVATION_TOP / top);
    for (int k = 0; k < width; k += 8) {
      const v128_t low = wasm_i32x4_trunc_sat_f32x4(wasm_f32x4_nearest(wasm_f32x4_mul(wasm_v128_load(x + k), by)));
      const v128_t high = wasm_i32x4_trunc_sat_f32x4(wasm_f32x4_nearest(wasm_f32x4_mul(wasm_v128_load(x + k + 4), by)));
      wasm_v128_store(to + k, wasm_i16x8_narrow_i32x4(low, high));
    }
  }
}

// x = norm(x + y), row by row
static void addAndNorm(float *x, const float *y, const Norm *norm, int tokens, int width) {
  for (int token = 0; token < tokens; token++, x += width, y += width) {
    v128_t sum = wasm_f32x4_const_splat(0), squares = sum;
    for (int k = 0; k < width; k += 4) {
      const v128_t both = wasm_f32x4_add(wasm_v128_load(x + k), wasm_v128_load(y + k));
      wasm_v128_store(x + k, both);
      sum = wasm_f32x4_add(sum, both);
    }
    const float mean = sumOf(sum) / width;
    const v128_t middle = wasm_f32x4_splat(mean);
    for (int k = 0; k < width; k += 4) {
      const v128_t off = wasm_f32x4_sub(wasm_v128_load(x + k), middle);
      squares = wasm_f32x4_add(squares, wasm_f32x4_mul(off, off));
    }
    const v128_t by = wasm_f32x4_splat(1.0f / __builtin_sqrtf(sumOf(squares) / width + EPSILON));
    for (int k = 0; k < width; k += 4) {
      const v128_t off = wasm_f32x4_mul(wasm_f32x4_sub(wasm_v128_load(x + k), middle), by);
      wasm_v128_store(x + k, wasm_f32x4_add(wasm_f32x4_mul(off, wasm_v128_load(norm->scale + k)), wasm_v128_load(norm->shift + k)));
    }
  }
}

// e^x for x <= 0, to about 2e-6
static inline v128_t power(v128_t x) {
  const v128_t y = wasm_f32x4_mul(wasm_f32x4_pmax(wasm_f32x4_const_splat(-80.0f), x), wasm_f32x4_const_splat(1.44269504f));
  const v128_t whole = wasm_f32x4_floor(y), part = wasm_f32x4_sub(y, whole);
  v128_t sum = wasm_f32x4_const_splat(0.00133335581f);
#define TERM(value) sum = wasm_f32x4_add(wasm_f32x4_mul(sum, part), wasm_f32x4_const_splat(value));
  TERM(0.00961812911f) TERM(0.0555041087f) TERM(0.240226507f) TERM(0.693147181f) TERM(1.0f)
  const v128_t bits = wasm_i32x4_shl(wasm_i32x4_add(wasm_i32x4_trunc_sat_f32x4(whole), wasm_i32x4_const_splat(127)), 23);
  return wasm_f32x4_mul(sum, bits);
}

// One head's keys turned to [dimension][token], so that scores of four tokens come at once.
static void attend(const float *qkv, float *out, float *keys, float *scores, int tokens, int padded, int width, int heads) {
  const int size = width / heads, stride = 3 * width;
  const float scale = 1.0f / __builtin_sqrtf((float)size);
  for (int head = 0; head < heads; head++) {
    const float *q = qkv + head * size, *k = q + width, *v = k + width;
    for (int token = 0; token < padded; token++)
      for (int d = 0; d < size; d++) keys[d * padded + token] = token < tokens ? k[token * stride + d] : 0;
    for (int token = 0; token < tokens; token++) {
      const float *query = q + token * stride;
      v128_t most = wasm_f32x4_const_splat(-3e38f);
      for (int other = 0; other < padded; other += 4) {
        v128_t sum = wasm_f32x4_const_splat(0);
        for (int d = 0; d < size; d++)
          sum = wasm_f32x4_add(sum, wasm_f32x4_mul(wasm_v128_load32_splat(query + d), wasm_v128_load(keys + d * padded + other)));
        sum = wasm_f32x4_mul(sum, wasm_f32x4_splat(scale));
        wasm_v128_store(scores + other, sum);
      }
      for (int other = tokens; other < padded; other++) scores[other] = -3e38f;
      for (int other = 0; other < padded; other += 4) most = wasm_f32x4_pmax(most, wasm_v128_load(scores + other));
      float top = -3e38f;
      for (int lane = 0; lane < 4; lane++) {
        const float value = ((const float *)&most)[lane];
        if (value > top) top = value;
      }
      v128_t total = wasm_f32x4_const_splat(0);
      for (int other = 0; other < padded; other += 4) {
        const v128_t weight = power(wasm_f32x4_sub(wasm_v128_load(scores + other), wasm_f32x4_splat(top)));
        wasm_v128_store(scores + other, weight);
      }
      for (int other = tokens; other < padded; other++) scores[other] = 0;
      for (int other = 0; other < padded; other += 4) total = wasm_f32x4_add(total, wasm_v128_load(scores + other));
      const v128_t share = wasm_f32x4_splat(1.0f / sumOf(total));
      float *to = out + token * width + head * size;
      for (int d = 0; d < size; d += 16) {
        v128_t s0 = wasm_f32x4_const_splat(0), s1 = s0, s2 = s0, s3 = s0;
        const float *value = v + d;
        for (int other = 0; other < tokens; other++, value += stride) {
          const v128_t weight = wasm_v128_load32_splat(scores + other);
          s0 = wasm_f32x4_add(s0, wasm_f32x4_mul(weight, wasm_v128_load(value)));
          s1 = wasm_f32x4_add(s1, wasm_f32x4_mul(weight, wasm_v128_load(value + 4)));
          s2 = wasm_f32x4_add(s2, wasm_f32x4_mul(weight, wasm_v128_load(value + 8)));
          s3 = wasm_f32x4_add(s3, wasm_f32x4_mul(weight, wasm_v128_load(value + 12)));
        }
        wasm_v128_store(to + d, wasm_f32x4_mul(s0, share));
        wasm_v128_store(to + d + 4, wasm_f32x4_mul(s1, share));
        wasm_v128_store(to + d + 8, wasm_f32x4_mul(s2, share));
        wasm_v128_store(to + d + 12, wasm_f32x4_mul(s3, share));
      }
    }
  }
}

// Rows of the token table as they are stored; their steps go along, so nothing is lost here.
static void look(const Model *model, const uint16_t *ids, int tokens, int padded, int16_t *to, float *steps) {
  const int size = model->embedding;
  for (int token = 0; token < padded; token++, to += size) {
    const int id = token < tokens ? ids[token] : 0;
    steps[token] = model->tokenStep[id];
    if (model->bits == 8) {
      const int8_t *row = (const int8_t *)model->tokens + id * size;
      for (int k = 0; k < size; k++) to[k] = row[k];
    } else {
      const uint8_t *row = model->tokens + id * size / 2;
      for (int k = 0; k < size; k += 2) {
        to[k] = (int16_t)(row[k / 2] & 15) - 8;
        to[k + 1] = (int16_t)(row[k / 2] >> 4) - 8;
      }
    }
  }
}

// Bytes that embed() needs beside the model, for so many tokens.
__attribute__((export_name("scratchBytes"))) uint32_t scratchBytes(const Model *model, uint32_t tokens) {
  const uint32_t padded = (tokens + GROUP - 1) / GROUP * GROUP, width = model->width;
  const uint32_t wide = 3 * width > model->inner ? 3 * width : model->inner;
  const uint32_t in = model->inner > width ? model->inner : width;
  return padded * (4 * (2 * width + wide + 2 + width / model->heads) + 2 * (in > model->embedding ? in : model->embedding)) + 64;
}

// result: 384 floats of unit length, the mean over all tokens (first and last marks included).
__attribute__((export_name("embed"))) void embed(const Model *model, const uint16_t *ids, int tokens, float *result, int dimensions, char *scratch) {
  const int width = model->width, padded = (tokens + GROUP - 1) / GROUP * GROUP, inner = model->inner;
  const int wide = 3 * width > inner ? 3 * width : inner;
  float *x = (float *)scratch, *y = x + padded * width, *z = y + padded * width;
  float *steps = z + padded * wide, *scores = steps + padded, *keys = scores + padded;
  int16_t *q = (int16_t *)(keys + padded * (width / model->heads));
  look(model, ids, tokens, padded, q, steps);
  dense(&model->lift, q, steps, x, padded, model->embedding, width, 0);
  addAndNorm(x, model->positions, &model->norm, tokens, width);
  for (int row = tokens * width; row < padded * width; row++) x[row] = y[row] = 0;
  for (uint32_t at = 0; at < model->layers; at++) {
    const Layer *layer = &model->layer[at];
    rounded(x, q, steps, padded, width);
    dense(&layer->qkv, q, steps, z, padded, width, 3 * width, 0);
    attend(z, y, keys, scores, tokens, padded, width, model->heads);
    rounded(y, q, steps, padded, width);
    dense(&layer->mix, q, steps, z, padded, width, width, 0);
    addAndNorm(x, z, &layer->norm1, tokens, width);
    rounded(x, q, steps, padded, width);
    dense(&layer->grow, q, steps, z, padded, width, inner, 1);
    rounded(z, q, steps, padded, inner);
    dense(&layer->shrink, q, steps, y, padded, inner, width, 0);
    addAndNorm(x, y, &layer->norm2, tokens, width);
  }
  for (int k = 0; k < width; k += 4) {
    v128_t sum = wasm_f32x4_const_splat(0);
    for (int token = 0; token < tokens; token++) sum = wasm_f32x4_add(sum, wasm_v128_load(x + token * width + k));
    wasm_v128_store(y + k, wasm_f32x4_mul(sum, wasm_f32x4_splat(1.0f / tokens)));
    for (int row = 1; row < GROUP && row < padded; row++) wasm_v128_store(y + row * width + k, wasm_f32x4_const_splat(0));
  }
  rounded(y, q, steps, GROUP, width);
  dense(&model->out, q, steps, z, GROUP, width, dimensions, 0);
  v128_t squares = wasm_f32x4_const_splat(0);
  for (int k = 0; k < dimensions; k += 4) squares = wasm_f32x4_add(squares, wasm_f32x4_mul(wasm_v128_load(z + k), wasm_v128_load(z + k)));
  const v128_t by = wasm_f32x4_splat(1.0f / __builtin_sqrtf(sumOf(squares) + 1e-20f));
  for (int k = 0; k < dimensions; k += 4) wasm_v128_store(result + k, wasm_f32x4_mul(wasm_v128_load(z + k), by));
}
