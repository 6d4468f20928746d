-- CreateEnum
CREATE TYPE "candle_basis" AS ENUM ('MID', 'BID', 'ASK');

-- CreateEnum
CREATE TYPE "stored_interval" AS ENUM ('MINUTE_1', 'HOUR_1', 'DAY_1', 'MONTH_1');

-- What was in the candles is in the history: its end stays where it was.
ALTER TABLE "tick_checkpoint" DROP CONSTRAINT "tick_checkpoint_counts_up";
ALTER TABLE "tick_checkpoint" RENAME COLUMN "candle_sequence" TO "history_sequence";
ALTER TABLE "tick_checkpoint" ADD CONSTRAINT "tick_checkpoint_counts_up"
    CHECK ("sequence_ceiling" >= 0 AND "history_sequence" >= 0);

-- CreateTable
CREATE TABLE "tick" (
    "symbol" TEXT NOT NULL,
    "sequence" BIGINT NOT NULL,
    "received_at" TIMESTAMPTZ(3) NOT NULL,
    "time" TIMESTAMPTZ(3) NOT NULL,
    "moved_at" TIMESTAMPTZ(3) NOT NULL,
    "bid" DECIMAL NOT NULL,
    "ask" DECIMAL NOT NULL,
    "details" JSONB NOT NULL,

    CONSTRAINT "tick_pkey" PRIMARY KEY ("symbol","sequence","received_at")
) PARTITION BY RANGE ("received_at");

-- CreateTable
CREATE TABLE "candle" (
    "symbol" TEXT NOT NULL,
    "basis" "candle_basis" NOT NULL,
    "interval" "stored_interval" NOT NULL,
    "open_time" TIMESTAMPTZ(3) NOT NULL,
    "open" DECIMAL(24,8) NOT NULL,
    "high" DECIMAL(24,8) NOT NULL,
    "low" DECIMAL(24,8) NOT NULL,
    "close" DECIMAL(24,8) NOT NULL,
    "tick_count" INTEGER NOT NULL,
    "first_at" TIMESTAMPTZ(3) NOT NULL,
    "last_at" TIMESTAMPTZ(3) NOT NULL,
    "is_imported" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "candle_pkey" PRIMARY KEY ("symbol","basis","interval","open_time")
);

-- CreateTable
CREATE TABLE "source_basis" (
    "source" TEXT NOT NULL,
    "symbol" TEXT NOT NULL,
    "basis_bps" DECIMAL(12,4) NOT NULL,
    "learnt_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "source_basis_pkey" PRIMARY KEY ("source","symbol")
);

-- CreateTable
CREATE TABLE "history_import" (
    "id" TEXT NOT NULL,
    "file" TEXT NOT NULL,
    "rows_done" BIGINT NOT NULL DEFAULT 0,
    "started_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "history_import_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "tick_by_time" ON "tick"("symbol", "moved_at" DESC, "sequence" DESC);

-- AddForeignKey
ALTER TABLE "candle" ADD CONSTRAINT "candle_symbol_fkey" FOREIGN KEY ("symbol") REFERENCES "instrument"("symbol") ON DELETE RESTRICT ON UPDATE CASCADE;


-- What Prisma's schema cannot say.
ALTER TABLE "candle" ADD CONSTRAINT "candle_is_possible" CHECK (
    "tick_count" >= 0 AND "low" > 0 AND "low" <= LEAST("open", "close") AND "high" >= GREATEST("open", "close")
    AND "first_at" <= "last_at" AND "open_time" <= "first_at"
);

-- The minutes of before, of the mid price, and what they add up to. Their ticks' times are not known: they
-- count as moved when their minute began, so that those that follow in a minute that is still running may close it.
INSERT INTO "candle" ("symbol", "basis", "interval", "open_time", "open", "high", "low", "close", "tick_count", "first_at", "last_at")
SELECT "symbol", 'MID', 'MINUTE_1', "open_time", "open", "high", "low", "close", "tick_count", "open_time", "open_time"
FROM "minute_candle";

INSERT INTO "candle" ("symbol", "basis", "interval", "open_time", "open", "high", "low", "close", "tick_count", "first_at", "last_at")
SELECT minute."symbol", 'MID', span."interval"::"stored_interval", date_trunc(span."unit", minute."open_time", 'UTC'),
    (array_agg(minute."open" ORDER BY minute."open_time"))[1], max(minute."high"), min(minute."low"),
    (array_agg(minute."close" ORDER BY minute."open_time" DESC))[1], LEAST(sum(minute."tick_count"), 2147483647)::int,
    min(minute."first_at"), max(minute."last_at")
FROM "candle" AS minute
CROSS JOIN (VALUES ('HOUR_1', 'hour'), ('DAY_1', 'day'), ('MONTH_1', 'month')) AS span ("interval", "unit")
GROUP BY minute."symbol", span."interval", date_trunc(span."unit", minute."open_time", 'UTC');

DROP TABLE "minute_candle";
