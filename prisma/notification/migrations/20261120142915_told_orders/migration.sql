-- CreateTable
CREATE TABLE "told_order" (
    "order_id" TEXT NOT NULL,
    "version" INTEGER NOT NULL,

    CONSTRAINT "told_order_pkey" PRIMARY KEY ("order_id")
);
