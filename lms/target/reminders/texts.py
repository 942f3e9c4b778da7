"""The letters of reminders; the office may write its own (``/nhac-viec/mau-thu/``)."""

from __future__ import annotations

from lms.notices.texts import Text

DUE_KIND, EXPIRY_KIND, COPY_KIND = "reminder-due", "reminder-expiry", "reminder-copy"

TEXTS = {
    DUE_KIND: Text(
        "Khóa tập huấn cần hoàn thành đến hết ngày {day}",
        "Kính gửi {name},\n\n"
        "Anh/chị còn {days} ngày (đến hết ngày {day}) để hoàn thành:\n{courses}\n\n"
        "Học tiếp tại:\n{link}\n\n"
        "Nếu anh/chị gặp khó khăn về thời gian, đường truyền hoặc nội dung, xin liên hệ đầu mối "
        "tập huấn của đơn vị: {focal}.\n\n{portal}",
    ),
    EXPIRY_KIND: Text(
        "Khóa tập huấn còn giá trị đến hết ngày {day}",
        "Kính gửi {name},\n\n"
        "Phần tập huấn sau đây của anh/chị còn giá trị {days} ngày nữa (đến hết ngày {day}):\n"
        "{courses}\n\n"
        "Anh/chị có thể học lại từ bây giờ tại:\n{link}\n\n"
        "Đầu mối tập huấn của đơn vị: {focal}.\n\n{portal}",
    ),
    COPY_KIND: Text(
        "Đã nhắc {count} cán bộ về hạn tập huấn ngày {day}",
        "Kính gửi {name},\n\n"
        "Ngày {day}, cổng đã nhắc các cán bộ sau đây trong phạm vi anh/chị phụ trách:\n{people}\n\n"
        "Người chưa có thư điện tử nằm trong danh sách để in; xem và in tại:\n{link}\n\n{portal}",
    ),
}
