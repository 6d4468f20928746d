-- CreateTable
CREATE TABLE "product" (
    "sku" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "metal" TEXT NOT NULL,
    "currency" TEXT NOT NULL,
    "mint" TEXT,
    "fineness" DECIMAL(7,4) NOT NULL,
    "gross_grams" DECIMAL(20,7) NOT NULL,
    "fine_grams" DECIMAL(20,7) NOT NULL,
    "display_unit" TEXT NOT NULL,
    "diameter_mm" DECIMAL(6,2),
    "is_listed" BOOLEAN NOT NULL DEFAULT true,
    "list_position" INTEGER NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "product_pkey" PRIMARY KEY ("sku")
);

-- CreateTable
CREATE TABLE "stock_level" (
    "sku" TEXT NOT NULL,
    "on_hand" INTEGER NOT NULL DEFAULT 0,
    "reserved" INTEGER NOT NULL DEFAULT 0,
    "allocated" INTEGER NOT NULL DEFAULT 0,
    "safety_stock" INTEGER NOT NULL DEFAULT 0,
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "stock_level_pkey" PRIMARY KEY ("sku")
);

-- CreateTable
CREATE TABLE "outbox_message" (
    "position" BIGSERIAL NOT NULL,
    "event_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "data" JSONB NOT NULL,
    "correlation_id" TEXT NOT NULL,
    "occurred_at" TIMESTAMPTZ(3) NOT NULL,
    "consumer" TEXT NOT NULL,
    "next_attempt_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "acknowledged_at" TIMESTAMPTZ(3),

    CONSTRAINT "outbox_message_pkey" PRIMARY KEY ("position")
);

-- CreateIndex
CREATE INDEX "product_metal_list_position_sku_idx" ON "product"("metal", "list_position", "sku");

-- CreateIndex
CREATE INDEX "product_list_position_sku_idx" ON "product"("list_position", "sku");

-- CreateIndex
CREATE INDEX "outbox_message_acknowledged_at_next_attempt_at_idx" ON "outbox_message"("acknowledged_at", "next_attempt_at");

-- CreateIndex
CREATE UNIQUE INDEX "outbox_message_event_id_consumer_key" ON "outbox_message"("event_id", "consumer");

-- AddForeignKey
ALTER TABLE "stock_level" ADD CONSTRAINT "stock_level_sku_fkey" FOREIGN KEY ("sku") REFERENCES "product"("sku") ON DELETE RESTRICT ON UPDATE CASCADE;

-- By hand: what Prisma cannot express.
-- A catalogue that cannot hold impossible metal.
ALTER TABLE "product" ADD CONSTRAINT "product_fineness_permille" CHECK ("fineness" > 0 AND "fineness" <= 1000);
ALTER TABLE "product" ADD CONSTRAINT "product_fine_within_gross" CHECK ("fine_grams" > 0 AND "fine_grams" <= "gross_grams");
-- Pieces are never negative, and never promised twice.
ALTER TABLE "stock_level" ADD CONSTRAINT "stock_level_not_negative" CHECK ("on_hand" >= 0 AND "reserved" >= 0 AND "allocated" >= 0 AND "safety_stock" >= 0);
ALTER TABLE "stock_level" ADD CONSTRAINT "stock_level_not_oversold" CHECK ("reserved" + "allocated" <= "on_hand");
