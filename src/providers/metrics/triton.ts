/**
 * Triton, on a port of its own (8002): its user guide's page of metrics, and those of the TensorRT-LLM backend, which Triton
 * hands on where the model is one of that.
 */
import type { Vocabulary } from './vocabulary.ts'

const MICROSECONDS = 1e-6

export const TRITON: Vocabulary = {
  server: 'Triton',
  running: [[{ name: 'nv_trt_llm_request_metrics', where: { request_type: 'scheduled' } }]],
  waiting: [
    [{ name: 'nv_trt_llm_request_metrics', where: { request_type: 'waiting' } }],
    [{ name: 'nv_inference_pending_request_count' }],
  ],
  kvUsage: [[{ name: 'nv_trt_llm_kv_cache_block_metrics', where: { kv_cache_block_type: 'fraction' } }]],
  queueSeconds: [[{ name: 'nv_inference_queue_duration_us', times: MICROSECONDS }]],
  queued: [[{ name: 'nv_inference_request_success' }]],
}
