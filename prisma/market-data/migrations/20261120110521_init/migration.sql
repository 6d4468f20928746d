-- CreateTable
CREATE TABLE "instrument" (
    "symbol" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "metal" TEXT NOT NULL,
    "currency" TEXT NOT NULL,
    "list_position" INTEGER NOT NULL,

    CONSTRAINT "instrument_pkey" PRIMARY KEY ("symbol")
);

-- CreateTable
CREATE TABLE "tick_checkpoint" (
    "symbol" TEXT NOT NULL,
    "sequence_ceiling" BIGINT NOT NULL DEFAULT 0,
    "candle_sequence" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "tick_checkpoint_pkey" PRIMARY KEY ("symbol")
);

-- CreateTable
CREATE TABLE "minute_candle" (
    "symbol" TEXT NOT NULL,
    "open_time" TIMESTAMPTZ(3) NOT NULL,
    "open" DECIMAL(24,8) NOT NULL,
    "high" DECIMAL(24,8) NOT NULL,
    "low" DECIMAL(24,8) NOT NULL,
    "close" DECIMAL(24,8) NOT NULL,
    "tick_count" INTEGER NOT NULL,

    CONSTRAINT "minute_candle_pkey" PRIMARY KEY ("symbol","open_time")
);

-- AddForeignKey
ALTER TABLE "minute_candle" ADD CONSTRAINT "minute_candle_symbol_fkey" FOREIGN KEY ("symbol") REFERENCES "instrument"("symbol") ON DELETE RESTRICT ON UPDATE CASCADE;


-- What Prisma's schema cannot say.
ALTER TABLE "minute_candle" ADD CONSTRAINT "minute_candle_is_possible"
    CHECK ("tick_count" > 0 AND "low" > 0 AND "low" <= LEAST("open", "close") AND "high" >= GREATEST("open", "close"));
ALTER TABLE "tick_checkpoint" ADD CONSTRAINT "tick_checkpoint_counts_up"
    CHECK ("sequence_ceiling" >= 0 AND "candle_sequence" >= 0);
