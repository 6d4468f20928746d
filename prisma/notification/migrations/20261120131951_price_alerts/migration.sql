-- CreateTable
CREATE TABLE "price_alert" (
    "id" UUID NOT NULL DEFAULT uuidv7(),
    "user_id" TEXT NOT NULL,
    "symbol" TEXT NOT NULL,
    "number" BIGINT NOT NULL,
    "condition" TEXT NOT NULL,
    "threshold" DECIMAL(24,8) NOT NULL,
    "unit" TEXT NOT NULL,
    "fineness" DECIMAL(8,4) NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'ACTIVE',
    "repeat" TEXT NOT NULL,
    "channels" TEXT[],
    "note" TEXT,
    "already_met" BOOLEAN NOT NULL,
    "is_armed" BOOLEAN NOT NULL,
    "created_sequence" BIGINT NOT NULL,
    "state_sequence" BIGINT NOT NULL,
    "trigger_count" INTEGER NOT NULL DEFAULT 0,
    "last_triggered_at" TIMESTAMPTZ(3),
    "last_triggered_sequence" BIGINT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3),

    CONSTRAINT "price_alert_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "alert_position" (
    "symbol" TEXT NOT NULL,
    "alert_count" BIGINT NOT NULL,
    "sequence" BIGINT NOT NULL DEFAULT 0,
    "covered_count" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "alert_position_pkey" PRIMARY KEY ("symbol")
);

-- CreateIndex
CREATE INDEX "price_alert_user_id_id_idx" ON "price_alert"("user_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "price_alert_symbol_number_key" ON "price_alert"("symbol", "number");

-- By hand: what Prisma cannot express.
ALTER TABLE "price_alert"
  ADD CONSTRAINT "price_alert_condition" CHECK ("condition" IN ('CROSS_ABOVE', 'CROSS_BELOW')),
  ADD CONSTRAINT "price_alert_status" CHECK ("status" IN ('ACTIVE', 'TRIGGERED', 'EXPIRED', 'DELETED')),
  ADD CONSTRAINT "price_alert_repeat" CHECK ("repeat" IN ('ONCE', 'RECURRING')),
  ADD CONSTRAINT "price_alert_threshold" CHECK ("threshold" > 0),
  ADD CONSTRAINT "price_alert_fineness" CHECK ("fineness" > 0 AND "fineness" <= 1000),
  -- What fires once has fired once, and then it is over.
  ADD CONSTRAINT "price_alert_once" CHECK ("repeat" = 'RECURRING' OR "trigger_count" = 0 OR "status" IN ('TRIGGERED', 'DELETED'));

-- Active alerts: those of a user, those to be watched, and those that end by themselves.
CREATE INDEX "price_alert_active" ON "price_alert"("user_id") WHERE "status" = 'ACTIVE';
CREATE INDEX "price_alert_watched" ON "price_alert"("symbol", "number") WHERE "status" = 'ACTIVE';
CREATE INDEX "price_alert_expiring" ON "price_alert"("expires_at") WHERE "status" = 'ACTIVE' AND "expires_at" IS NOT NULL;
