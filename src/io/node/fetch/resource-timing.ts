/** When a request and its response were where, for the entry that the platform's `fetch` adds to `performance`. @internal */
export class ResourceTiming {
  private readonly start = performance.now()
  private sent = 0
  private answered = 0
  /** In bytes, as it came. */
  private size = 0

  /** A connection has the request. */
  markSent(): void {
    this.sent = performance.now()
  }

  /** The head of the response has come. */
  markAnswered(): void {
    this.answered = performance.now()
  }

  /** A part of the body has come. */
  addPart(size: number): void {
    this.size += size
  }

  /**
   * The whole body has come: adds the entry.
   *
   * @param url as it was asked for.
   * @param decodedSize how many bytes of a body there are, decompressed.
   */
  finish(url: string, status: number, decodedSize: number): void {
    const { start, sent, answered, size } = this
    const timing = {
      startTime: start,
      redirectStartTime: 0,
      redirectEndTime: 0,
      postRedirectStartTime: start,
      finalServiceWorkerStartTime: 0,
      finalNetworkRequestStartTime: sent,
      finalNetworkResponseStartTime: answered,
      endTime: performance.now(),
      encodedBodySize: size,
      decodedBodySize: decodedSize,
      // The platform does not look into its connections either.
      finalConnectionTimingInfo: {
        domainLookupStartTime: start,
        domainLookupEndTime: start,
        connectionStartTime: start,
        connectionEndTime: start,
        secureConnectionStartTime: start,
        ALPNNegotiatedProtocol: undefined,
      },
    }
    const { markResourceTiming } = performance as unknown as { markResourceTiming: (...facts: unknown[]) => unknown }
    markResourceTiming(timing, url, 'fetch', globalThis, '', '', status)
  }
}
